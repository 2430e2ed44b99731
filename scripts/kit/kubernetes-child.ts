import { KubernetesExecutor } from '@scalr-agent/executor-k8s'

/** What the kit's launching process uses. The kubeconfig comes in the query of this module's URL. */
export async function createExecutor(): Promise<KubernetesExecutor> {
  const kubeconfig = new URL(import.meta.url).searchParams.get('kubeconfig')
  if (kubeconfig === null) throw new Error('The URL of this module needs ?kubeconfig=…')
  return new KubernetesExecutor({ cluster: { kubeconfig } })
}

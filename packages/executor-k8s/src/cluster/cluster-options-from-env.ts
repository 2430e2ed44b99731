import { delimiter, isAbsolute, resolve } from 'node:path'

import type { ClusterOptions } from './cluster-options.ts'

/**
 * The options that kubectl's own variables mean: `KUBECONFIG` (a list of paths), `KUBERNETES_SERVICE_HOST`
 * and `KUBERNETES_SERVICE_PORT`, which every pod has, and `HTTPS_PROXY` and `NO_PROXY`. Credential plugins of a
 * kubeconfig get all of it but what is Scalr's.
 *
 * @example
 * ```ts
 * new KubernetesExecutor({ cluster: clusterOptionsFromEnv(process.env) })
 * ```
 */
export function clusterOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
): ClusterOptions {
  const get = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== '')
  const files = (get('KUBECONFIG') ?? '')
    .split(delimiter)
    .filter((path) => path !== '')
    .map((path) => (isAbsolute(path) ? path : resolve(path)))
  const host = get('KUBERNETES_SERVICE_HOST')
  const port = Number(get('KUBERNETES_SERVICE_PORT_HTTPS', 'KUBERNETES_SERVICE_PORT') ?? '443')
  const httpsProxy = get('HTTPS_PROXY', 'https_proxy')
  const noProxy = get('NO_PROXY', 'no_proxy')
  const isInPod = files.length === 0 && host !== undefined
  return {
    ...(files.length === 0 ? {} : { kubeconfig: files }),
    // As kubectl: a kubeconfig that is named goes before the pod's own account.
    ...(isInPod ? { inCluster: { host, port } } : pluginEnv(env)),
    ...(httpsProxy === undefined
      ? {}
      : { proxy: { httpsProxy, ...(noProxy === undefined ? {} : { noProxy }) } }),
  }
}

/** Without the agent's own variables, which hold its token. */
function pluginEnv(
  env: Readonly<Record<string, string | undefined>>,
): Pick<ClusterOptions, 'pluginEnv'> {
  const entries = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('SCALR_') ? [] : [[name, value] as const],
  )
  return entries.length === 0 ? {} : { pluginEnv: Object.fromEntries(entries) }
}

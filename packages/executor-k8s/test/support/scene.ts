import { connectCluster } from '../../src/cluster/connect-cluster.ts'
import { KubeServer } from './kube-server.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'

/** A server of the test's own, and a cluster that leads to it. Disposes of both. */
export async function startScene(
  user?: object,
): Promise<{ readonly server: KubeServer; readonly cluster: Cluster } & AsyncDisposable> {
  const server = await KubeServer.start()
  const cluster = await connectCluster({ kubeconfig: server.kubeconfig(user) })
  return {
    server,
    cluster,
    [Symbol.asyncDispose]: async () => {
      cluster.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

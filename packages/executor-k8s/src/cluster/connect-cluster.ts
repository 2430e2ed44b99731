import { ConfigurationError, systemClock, type Clock } from '@scalr-agent/core'

import { bypassesProxy } from './bypasses-proxy.ts'
import type { Cluster } from './cluster.ts'
import {
  clusterOptionsSchema,
  type ClusterOptions,
  type ResolvedClusterOptions,
} from './cluster-options.ts'
import { Credentials } from './credentials.ts'
import { loadKubeconfig, type Kubeconfig } from './kubeconfig.ts'

/**
 * Reads the kubeconfig, or the service account of our pod. Does not speak to the cluster.
 *
 * @throws `ConfigurationError` for wrong options or a kubeconfig that cannot be used
 */
export async function connectCluster(
  options: ClusterOptions = {},
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<Cluster> {
  const parsed = clusterOptionsSchema.safeParse(options)
  if (!parsed.success) {
    throw ConfigurationError.fromZod('the options of the Kubernetes cluster', parsed.error)
  }
  const resolved = parsed.data
  const load = async (): Promise<Prepared> => prepare(await loadKubeconfig(resolved), resolved)
  const { kubeconfig, namespace, proxyUrl, server } = await load()
  const credentials = new Credentials(kubeconfig, {
    reload: async () => (await load()).kubeconfig,
    proxyUrl,
    clock,
  })
  return {
    server,
    namespace,
    source: kubeconfig.source,
    access: async (signal) => await credentials.access(signal),
    renew: async (refused, signal) => await credentials.renew(refused, signal),
    close: () => credentials.close(),
  }
}

interface Prepared {
  readonly kubeconfig: Kubeconfig
  readonly server: string
  readonly namespace: string
  readonly proxyUrl: string | undefined
}

function prepare(kubeconfig: Kubeconfig, options: ResolvedClusterOptions): Prepared {
  const { config, source } = kubeconfig
  const cluster = config.getCurrentCluster()
  const context = config.getContextObject(config.getCurrentContext())
  const url = URL.canParse(cluster?.server ?? '') ? new URL(cluster?.server ?? '') : undefined
  if (cluster === null || url === undefined || !/^https?:$/u.test(url.protocol)) {
    throw new ConfigurationError(`Cannot use ${source}: its \`server\` is no http(s) URL.`)
  }
  const { httpsProxy, noProxy } = options.proxy ?? {}
  const proxyUrl =
    cluster.proxyUrl ?? (bypassesProxy(url.hostname, noProxy) ? undefined : httpsProxy)
  const isPlain = url.protocol === 'http:'
  if (isPlain && !bypassesProxy(url.hostname, undefined)) {
    throw new ConfigurationError(
      `Cannot use ${source}: everybody on the way to ${url.origin} could read the secrets of jobs. Give it an https URL.`,
    )
  }
  // The proxy is ours to use: client-node would make agents of its own for it.
  const { proxyUrl: _ours, ...direct } = cluster
  // Its word for "plain HTTP is meant".
  const chosen = { ...direct, skipTLSVerify: isPlain || cluster.skipTLSVerify }
  config.clusters = config.clusters.map((each) => (each.name === cluster.name ? chosen : each))
  return {
    kubeconfig,
    server: cluster.server.replace(/\/+$/u, ''),
    namespace: options.namespace ?? context?.namespace ?? 'default',
    proxyUrl,
  }
}

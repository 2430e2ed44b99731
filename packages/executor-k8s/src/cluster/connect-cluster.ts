import { ConfigurationError, systemClock, type Clock } from '@scalr-agent/core'

import { bypassesProxy } from './bypasses-proxy.ts'
import type { Cluster } from './cluster.ts'
import {
  clusterOptionsSchema,
  type ClusterOptions,
  type ResolvedClusterOptions,
} from './cluster-options.ts'
import { Credentials } from './credentials.ts'
import { loadKubeconfig, type Kubeconfig } from './load-kubeconfig.ts'

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
  const kubeconfig = await loadKubeconfig(resolved)
  const url = serverUrl(kubeconfig)
  const credentials = new Credentials(kubeconfig, {
    reload: async () => await loadKubeconfig(resolved),
    proxyUrl: proxyFor(kubeconfig, url, resolved),
    pluginEnv: resolved.pluginEnv,
    clock,
  })
  return {
    server: url.href.replace(/\/+$/u, ''),
    namespace: resolved.namespace ?? kubeconfig.namespace ?? 'default',
    source: kubeconfig.source,
    access: async (signal) => await credentials.access(signal),
    renew: async (refused, signal) => await credentials.renew(refused, signal),
    close: () => credentials.close(),
  }
}

function serverUrl({ cluster, source }: Kubeconfig): URL {
  const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined
  if (url === undefined || !/^https?:$/u.test(url.protocol) || url.username !== '') {
    throw new ConfigurationError(`Cannot use ${source}: its \`server\` is no http(s) URL.`)
  }
  if (url.protocol === 'http:' && !bypassesProxy(url.hostname, undefined)) {
    throw new ConfigurationError(
      `Cannot use ${source}: everybody on the way to ${url.origin} could read the secrets of jobs. Give it an https URL.`,
    )
  }
  return url
}

/** As kubectl: the kubeconfig's own goes before that of the environment. */
function proxyFor(
  { cluster, source }: Kubeconfig,
  url: URL,
  { proxy }: ResolvedClusterOptions,
): string | undefined {
  const own = cluster['proxy-url']
  if (own) {
    if (URL.canParse(own) && /^(?:https?|socks(?:4a?|5h?)?):$/u.test(new URL(own).protocol))
      return own
    throw new ConfigurationError(`Cannot use ${source}: its \`proxy-url\` is no URL of a proxy.`)
  }
  return bypassesProxy(url.hostname, proxy?.noProxy) ? undefined : proxy?.httpsProxy
}

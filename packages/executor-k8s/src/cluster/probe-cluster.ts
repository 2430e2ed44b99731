import { once } from 'node:events'
import { connect, isIPv6 } from 'node:net'

import type { OperationOptions } from '@scalr-agent/core'
import { z } from 'zod'

import { createKubeClient } from '../calls/create-kube-client.ts'
import type { KubeCall } from '../calls/kube-answer-error.ts'
import { KubeHttp } from '../calls/kube-http.ts'
import { isForbidden, toKubernetesError } from '../kubernetes-error.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { connectCluster } from './connect-cluster.ts'

/** What a cluster tells of itself, and of the way to it. */
export interface ClusterFacts {
  readonly server: string
  /** What it was found by, for people. */
  readonly source: string
  readonly namespace: string
  /** e.g. `v1.37.2`. */
  readonly version: string
  /** Of nodes, inside of their network; none where listing nodes is not allowed. */
  readonly nodeAddresses: readonly string[]
  /** This machine's own address on the way to the API server. */
  readonly localAddress: string | undefined
}

const nodesSchema = z.object({
  items: z.array(
    z.object({
      status: z.object({
        addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      }),
    }),
  ),
})

/** Most nodes to ask for. */
const someNodes = 50
const connectLimitMs = 5000

/**
 * Asks a cluster what it is. For programs that compose an agent; an agent itself needs none of it.
 *
 * @throws `ConfigurationError` for a kubeconfig that cannot be used
 * @throws `ExecutorError` when the cluster does not answer, or not to us
 */
export async function probeCluster(
  options: ClusterOptions = {},
  { signal = new AbortController().signal }: OperationOptions = {},
): Promise<ClusterFacts> {
  const cluster = await connectCluster(options)
  try {
    const { text } = await createKubeClient(cluster).serverVersion(signal)
    return {
      server: cluster.server,
      source: cluster.source,
      namespace: cluster.namespace,
      version: text,
      nodeAddresses: await nodeAddresses(new KubeHttp(cluster), signal),
      localAddress: await localAddress(new URL(cluster.server), signal),
    }
  } catch (error) {
    signal.throwIfAborted()
    const doing = `use the Kubernetes cluster at ${cluster.server} (${cluster.source})`
    throw toKubernetesError(error, { phase: 'probe', doing })
  } finally {
    cluster.close()
  }
}

async function nodeAddresses(http: KubeHttp, signal: AbortSignal): Promise<readonly string[]> {
  const call: KubeCall = { verb: 'list', resource: 'nodes' }
  try {
    const path = `/api/v1/nodes?limit=${someNodes}`
    const { items } = nodesSchema.parse(await http.json({ method: 'GET', path, call }, signal))
    return items.flatMap(({ status }) =>
      status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
    )
  } catch (error) {
    if (isForbidden(error)) return []
    throw error
  }
}

/** `undefined` where the way there leads through a proxy. */
async function localAddress(server: URL, signal: AbortSignal): Promise<string | undefined> {
  const host = server.hostname.replaceAll(/[[\]]/gu, '')
  const port = Number(server.port || '443')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(connectLimitMs)])
  const socket = connect({ host, port, family: isIPv6(host) ? 6 : 0 })
  try {
    await once(socket, 'connect', { signal: limit })
    return socket.localAddress
  } catch {
    signal.throwIfAborted()
    return undefined
  } finally {
    socket.destroy()
  }
}

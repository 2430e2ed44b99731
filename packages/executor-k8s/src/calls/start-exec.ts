import { WebSocket, type ClientOptions } from 'ws'

import type { ClusterAccess } from '../cluster/cluster.ts'
import { ExecStreams } from './exec-streams.ts'
import type { KubeCall } from './kube-answer-error.ts'
import type { ExecOptions, ExecProcess } from './kube-client.ts'
import { limitConnecting, readText, userAgent, type KubeHttp } from './kube-http.ts'
import { collections, objectPath } from './kube-resources.ts'

/** What the servers speak, newest first: v5 (1.29) can tell that standard input has ended. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
/** Longest that a server may take to start a process: the node may pull at its disk. */
const handshakeLimitMs = 60_000
const longestFrameBytes = 32 * 1024 * 1024

/** Starts a process in a container. Resolves once the server has agreed. */
export async function startExec(
  http: KubeHttp,
  options: ExecOptions,
  signal: AbortSignal,
): Promise<ExecProcess> {
  const { command, container, pod, stdin } = options
  const { namespace, server } = http.cluster
  const query = new URLSearchParams([
    ['container', container],
    ['stdin', String(stdin !== undefined)],
    ['stdout', 'true'],
    ['stderr', 'true'],
    ['tty', 'false'],
    ...command.map((argument) => ['command', argument] satisfies [string, string]),
  ])
  const path = `${objectPath(collections.pods(namespace), pod)}/exec?${query.toString()}`
  const url = `${server.replace(/^http/u, 'ws')}${path}`
  const call: KubeCall = { verb: 'create', resource: 'pods/exec', namespace, name: pod }
  try {
    const socket = await http.withAccess(
      signal,
      async (access) => await open(http, { url, call, access }, signal),
    )
    return new ExecStreams(socket, { call, stdin, signal })
  } catch (error) {
    stdin?.on('error', () => {})
    stdin?.destroy()
    throw error
  }
}

async function open(
  http: KubeHttp,
  {
    access,
    call,
    url,
  }: { readonly url: string; readonly call: KubeCall; readonly access: ClusterAccess },
  signal: AbortSignal,
): Promise<WebSocket> {
  const options: ClientOptions = {
    agent: access.agent,
    headers: { ...access.headers, 'user-agent': userAgent },
    handshakeTimeout: handshakeLimitMs,
    maxPayload: longestFrameBytes,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    followRedirects: false,
    finishRequest: (request) => {
      limitConnecting(request)
      request.end()
    },
  }
  const socket = new WebSocket(url, protocols, options)
  const opened = Promise.withResolvers<void>()
  const abort = (): void => opened.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  socket.once('open', () => {
    // What comes before anybody listens would be lost.
    socket.pause()
    opened.resolve()
  })
  socket.on('error', opened.reject)
  socket.once('unexpected-response', (_request, response) => {
    readText(response, 1024 * 1024)
      .catch(() => '')
      .then((body) => opened.reject(http.answerError(call, response, body)))
      .catch(opened.reject)
  })
  try {
    await opened.promise
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.terminate()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

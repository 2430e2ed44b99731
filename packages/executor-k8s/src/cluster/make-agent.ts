import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions } from 'node:https'

import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent'
import { SocksProxyAgent } from 'socks-proxy-agent'

/** Shorter than the idle time of the load balancers that clouds put before API servers. */
const keepAliveMs = 30_000

/** What decides how a connection is made. */
export interface ConnectionSecurity extends Pick<
  AgentOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
> {
  readonly server: string
  readonly proxyUrl: string | undefined
}

/** Connections to one API server, kept for the next call. */
export function makeAgent({ proxyUrl, server, ...tls }: ConnectionSecurity): HttpAgent {
  const options = {
    keepAlive: true,
    keepAliveMsecs: keepAliveMs,
    maxFreeSockets: 16,
    scheduling: 'lifo' as const,
    // Said outright, so that no variable of the environment can switch it off.
    rejectUnauthorized: tls.rejectUnauthorized ?? true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  }
  const isPlain = server.startsWith('http:')
  if (proxyUrl === undefined) return isPlain ? new HttpAgent(options) : new HttpsAgent(options)
  if (proxyUrl.startsWith('socks')) return new SocksProxyAgent(proxyUrl, options)
  return isPlain
    ? new HttpProxyAgent({ ...options, proxy: proxyUrl })
    : new HttpsProxyAgent({ ...options, proxy: proxyUrl })
}

/** Lets the calls under way end, and keeps no connection. */
export function retireAgent(agent: HttpAgent): void {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy()
  }
}

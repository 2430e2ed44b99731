import type { IncomingMessage } from 'node:http'

import type { SourceList } from './source-list.ts'

/**
 * Who sent a request: the peer, or, where that is a trusted proxy, the last address in `X-Forwarded-For`
 * that is none. What stands left of it could have been written by anybody.
 */
export function senderAddress(request: IncomingMessage, trustedProxies: SourceList): string {
  const peer = request.socket.remoteAddress ?? ''
  if (!trustedProxies.has(peer)) return peer
  const forwarded = [request.headers['x-forwarded-for'] ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((address) => address.trim())
  for (const address of forwarded.toReversed()) {
    if (!trustedProxies.has(address)) return address
  }
  return peer
}

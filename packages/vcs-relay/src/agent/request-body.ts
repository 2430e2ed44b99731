import { pipeline, type Readable } from 'node:stream'

import type { Clock, HttpTransport, OpenVcsSession } from '@scalr-agent/core'

import { FrameDecoder, relayPath } from '../protocol/index.ts'
import type { AgentTiming } from './agent-timing.ts'

export interface RequestBodyOptions {
  readonly requestId: string
  readonly transport: HttpTransport
  readonly session: OpenVcsSession
  readonly timing: AgentTiming
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly othersWait: (() => boolean) | undefined
}

/** The body of a request, fetched when somebody wants it: one that is refused is never sent over. */
export function openRequestBody(options: RequestBodyOptions): Readable {
  const { requestId, transport, session, timing, clock, signal, othersWait } = options
  const body: FrameDecoder = new FrameDecoder({
    what: 'the body of the request',
    fate: () => 'unknown',
    clock,
    othersWait,
    idleMs: timing.bodyIdleMs,
    stalledMs: timing.stalledMs,
    onWanted: () => {
      transport
        .send({
          doing: 'fetch the body of a request',
          method: 'GET',
          path: `${relayPath}/requests/${requestId}/body`,
          token: session.token,
          // A proxy may hold it until it has all of it. The decoder watches over what comes.
          headersTimeoutMs: timing.stalledMs,
          bodyTimeoutMs: 0,
          signal,
          read: async (answer) => {
            pipeline(answer.body, body, () => {})
          },
        })
        .catch((error: unknown) => body.destroy(error instanceof Error ? error : undefined))
    },
  })
  // Whoever reads it gets its errors all the same; until then nobody listens.
  body.on('error', () => {})
  return body
}

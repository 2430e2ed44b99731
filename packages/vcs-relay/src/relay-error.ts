import { ScalrAgentError } from '@scalr-agent/core'

import type { RequestFate } from './relay-exchange.ts'

/**
 * - `NO_AGENT`: no agent of the pool serves that VCS now.
 * - `BUSY`: all slots of the lane were taken for too long.
 * - `AGENT_LOST`: the agent went away.
 * - `AGENT_FAILED`: the agent could not work on it; its log tells why.
 * - `TIMED_OUT`: no answer came in time, or nothing of it for too long.
 * - `BROKEN_OFF`: the body broke off, or is not what its sender says it sent.
 * - `INVALID_REQUEST`: the request itself cannot be relayed.
 * - `CLOSED`: the gateway was closed.
 */
export type RelayErrorCode =
  | 'NO_AGENT'
  | 'BUSY'
  | 'AGENT_LOST'
  | 'AGENT_FAILED'
  | 'TIMED_OUT'
  | 'BROKEN_OFF'
  | 'INVALID_REQUEST'
  | 'CLOSED'

const lasting: ReadonlySet<RelayErrorCode> = new Set(['INVALID_REQUEST', 'CLOSED'])

/** A request that the relay could not bring to a good end. `fate` says whether the VCS may have seen it. */
export class RelayError extends ScalrAgentError {
  override readonly name = 'RelayError'
  /** `never-ran`: may be sent again. `unknown`: only when it may run twice. `answered`: its body broke. */
  readonly fate: RequestFate

  constructor(
    message: string,
    options: {
      readonly code: RelayErrorCode
      readonly fate: RequestFate
      readonly cause?: unknown
    },
  ) {
    super(message, {
      code: options.code,
      retryable: !lasting.has(options.code),
      cause: options.cause,
    })
    this.fate = options.fate
  }
}

import type { Readable } from 'node:stream'

import { ScalrAgentError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { OutputStreamOptions } from './job-output.ts'
import type { CallOptions } from './resource-client.ts'

/** How to follow a log. */
export interface FollowOptions extends CallOptions {
  /** Without ANSI escape codes. @default false */
  readonly clean?: boolean
  /** Where to begin: what was read before. @default 0 */
  readonly fromByte?: number
  /** How long to wait where nothing new came, at first; doubles up to eight times that. @default 250 */
  readonly pollMs?: number
}

/** What a log is followed of. */
interface Followed {
  readonly status: () => Promise<string>
  readonly open: (options: OutputStreamOptions) => Promise<Readable | undefined>
}

/** Statuses of plans and applies after which their log does not grow. */
const endedStatuses = ['finished', 'canceled', 'errored', 'unreachable']

/** How often in a row it may break off before anything came. */
const maxBreaks = 5

/** The log of a plan or an apply as it grows, until that has ended and all of it was given. */
export async function* followOutput(
  followed: Followed,
  clock: Clock,
  options: FollowOptions,
): AsyncGenerator<Uint8Array, void> {
  const { clean, signal, pollMs = 250 } = options
  let position = options.fromByte ?? 0
  let pauseMs = pollMs
  let breaks = 0
  for (;;) {
    // Asked first: what is read after an end is all there is.
    const hasEnded = endedStatuses.includes(await followed.status())
    const before = position
    const stream = await followed.open({
      fromByte: position,
      signal,
      ...(clean === undefined ? {} : { clean }),
    })
    let isWhole = true
    try {
      for await (const chunk of stream ?? []) {
        if (!(chunk instanceof Uint8Array)) continue
        position += chunk.byteLength
        yield chunk
      }
    } catch (error) {
      breaks = position > before ? 0 : breaks + 1
      if (!ScalrAgentError.isInstance(error) || !error.retryable || breaks >= maxBreaks) throw error
      // It goes on where it broke off.
      isWhole = false
    }
    if (hasEnded && isWhole) return
    pauseMs = position > before ? pollMs : Math.min(pauseMs * 2, pollMs * 8)
    await clock.sleep(pauseMs, { signal })
  }
}

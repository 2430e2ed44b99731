import type { Clock } from '../runtime/index.ts'
import type { HttpMethod } from './http-call.ts'

/** One attempt of a call that is about to be sent. Holds no secret: query and token of other origins are left out. */
export interface CallStart {
  readonly method: HttpMethod
  readonly origin: string
  readonly path: string
  /** What it is for: `get the run run-1`. */
  readonly doing: string
  /** From 1. */
  readonly attempt: number
}

/** How an attempt ended. A file that is streamed is read after that. */
export interface CallEnd {
  readonly durationMs: number
  /** `undefined` where no answer came. */
  readonly status: number | undefined
  /** `undefined` for one that went well. */
  readonly error: unknown
}

/** What a tracer wants of one attempt. */
export interface CallTrace {
  /** Sent along, e.g. `traceparent`; to the API's own origin alone. Headers of ours win. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly onEnd?: ((end: CallEnd) => void) | undefined
}

/** Told of every attempt. What it throws is passed over: it observes, and steers nothing. */
export type CallTracer = (start: CallStart) => CallTrace | undefined

/** An attempt that is traced. */
export interface Span {
  readonly headers: Readonly<Record<string, string>>
  readonly end: (end: Omit<CallEnd, 'durationMs'>) => void
}

/** Begins to trace an attempt. */
export function startTrace(tracer: CallTracer, start: CallStart, clock: Clock): Span {
  const trace = quietly(() => tracer(start))
  const startedMs = clock.monotonicMs()
  return {
    headers: quietly(() => usable(trace?.headers ?? {})) ?? {},
    end: (end) => {
      const durationMs = clock.monotonicMs() - startedMs
      quietly(() => trace?.onEnd?.({ ...end, durationMs }))
    },
  }
}

/** In lower case, so that none of ours is sent twice; without what would break the request. */
function usable(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(
    lower.filter(
      ([name, value]) =>
        /^[\w!#$%&'*+.^`|~-]+$/u.test(name) &&
        /^[\t\x20-\x7E]*$/u.test(value) &&
        !/^(?:authorization|connection|content-.*|host|transfer-encoding|upgrade)$/u.test(name),
    ),
  )
}

function quietly<T>(tell: () => T): T | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}

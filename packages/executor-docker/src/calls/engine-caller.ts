import { Readable } from 'node:stream'

import { orAborted } from '@scalr-agent/core/runtime'
import type Docker from 'dockerode'

import { EngineSilentError, isNotFound } from '../docker-error.ts'

/** Longest that the engine may think about a small question. */
const callLimitMs = 60_000

/**
 * What dockerode leaves out: each call ends when its signal aborts (a promise of dockerode's may hang when
 * the engine dies), and a small question has a time limit.
 */
export class EngineCaller {
  readonly #connect: () => Promise<Docker>

  constructor(connect: () => Promise<Docker>) {
    this.#connect = connect
  }

  /** Runs `work` until it is done, its signal aborts or its time is up. */
  async call<T>(
    signal: AbortSignal,
    work: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    limitMs = callLimitMs,
  ): Promise<T> {
    signal.throwIfAborted()
    const silent = new AbortController()
    const timer =
      limitMs === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => {
            silent.abort(new EngineSilentError(`no answer within ${limitMs / 1000} s`))
          }, limitMs)
    const either = AbortSignal.any([signal, silent.signal])
    const working = this.#connect().then(async (docker) => await work(docker, either))
    working.catch(() => {})
    try {
      return await orAborted(working, either)
    } catch (error) {
      either.throwIfAborted()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What the engine answered, or `undefined` when there is no such thing. */
export async function orAbsent<T>(working: Promise<T>): Promise<T | undefined> {
  try {
    return await working
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** dockerode gives the answer of Node's HTTP client and calls it less. */
export function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream
  throw new TypeError('dockerode gave no stream')
}

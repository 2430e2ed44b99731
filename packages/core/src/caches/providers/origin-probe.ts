import type { Dispatcher } from 'undici'
import { z } from 'zod'

import type { Clock } from '../../runtime/index.ts'
import { discoveryPath, registryServer } from './registry-source.ts'

export interface OriginProbeOptions {
  readonly hosts: readonly string[]
  readonly dispatcher: Dispatcher
  readonly clock: Clock
}

const timeoutMs = 3_000
const trustGoodForMs = 10 * 60 * 1000
const trustBadForMs = 60 * 1000

/**
 * Whether the public registries can be reached. The tools ask every source that covers a provider for its
 * versions, also when a mirror has it, and fail when one does not answer. So behind a mirror without a way
 * out, the registry must not be among them; with a way out, it is where what the mirror lacks comes from.
 */
export class OriginProbe {
  readonly #options: OriginProbeOptions
  readonly #known = new Map<string, { readonly answers: Promise<boolean>; untilMs: number }>()

  constructor(options: OriginProbeOptions) {
    this.#options = options
  }

  /** Hosts that did not answer as a registry does, now or a moment ago. */
  async unreachable(): Promise<readonly string[]> {
    const { hosts } = this.#options
    const answers = await Promise.all(hosts.map((host) => this.#answers(host)))
    return hosts.filter((_, index) => answers[index] === false)
  }

  #answers(host: string): Promise<boolean> {
    const { clock } = this.#options
    const known = this.#known.get(host)
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.answers
    const entry = { answers: this.#ask(host), untilMs: Infinity }
    this.#known.set(host, entry)
    return entry.answers.then((isGood) => {
      entry.untilMs = clock.monotonicMs() + (isGood ? trustGoodForMs : trustBadForMs)
      return isGood
    })
  }

  async #ask(host: string): Promise<boolean> {
    const { dispatcher, clock } = this.#options
    const server = registryServer(host, {
      dispatcher,
      clock,
      idleTimeoutMs: timeoutMs,
      maxAttempts: 1,
    })
    const timeout = new AbortController()
    const ended = new AbortController()
    clock.sleep(timeoutMs, { signal: ended.signal }).then(
      () => timeout.abort(),
      () => {},
    )
    const item = `the registry ${host}`
    const wanted = {
      doing: `reach ${item}`,
      item,
      url: server.url(discoveryPath),
      signal: timeout.signal,
    }
    try {
      await server.json(wanted, z.record(z.string(), z.unknown()))
      return true
    } catch {
      return false
    } finally {
      ended.abort()
    }
  }
}

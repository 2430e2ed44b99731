import type { Clock } from '@scalr-agent/core'

import { RelayError } from '../relay-error.ts'
import type { RelayLane } from '../relay-exchange.ts'
import type { AgentChannel } from './agent-channel.ts'

/** What a request needs. */
export interface SlotRequest {
  readonly poolId: string
  readonly vcs: string
  readonly lane: RelayLane
  /** Channels that were tried already. */
  readonly tried: ReadonlySet<string>
  readonly signal: AbortSignal | undefined
}

/** A slot of an agent. */
export interface Slot {
  readonly channel: AgentChannel
  readonly release: () => void
}

interface Waiter {
  readonly request: SlotRequest
  readonly settle: (result: Slot | Error) => void
}

/** Which agents are there, and which of them gets a request: the one with the least to do in its lane. */
export class ChannelDirectory {
  readonly #channels = new Set<AgentChannel>()
  readonly #clock: Clock
  readonly #queueMs: number
  #waiters: Waiter[] = []

  constructor(options: { readonly clock: Clock; readonly queueMs: number }) {
    this.#clock = options.clock
    this.#queueMs = options.queueMs
  }

  get all(): readonly AgentChannel[] {
    return [...this.#channels]
  }

  add(channel: AgentChannel): void {
    this.#channels.add(channel)
    this.changed()
  }

  remove(channel: AgentChannel): void {
    this.#channels.delete(channel)
    this.changed()
  }

  find(channelId: string): AgentChannel | undefined {
    return this.all.find((channel) => channel.id === channelId)
  }

  /** Names that can be asked for now. */
  served(poolId: string): readonly string[] {
    const names = this.all
      .filter(({ principal }) => principal.poolId === poolId)
      .flatMap((channel) => [...channel.vcs].filter((vcs) => channel.serves(vcs)))
    return [...new Set(names)].toSorted()
  }

  /** @throws {@link RelayError} `NO_AGENT` at once, `BUSY` when no slot became free in time */
  async reserve(request: SlotRequest): Promise<Slot> {
    request.signal?.throwIfAborted()
    const result = this.#choose(request)
    if (result instanceof Error) throw result
    return result ?? (await this.#wait(request))
  }

  /** A slot became free, or an agent came or went: who waits may get on, or has nobody to wait for. */
  changed(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      const result = this.#choose(waiter.request)
      if (result === undefined) this.#waiters.push(waiter)
      else waiter.settle(result)
    }
  }

  #choose(request: SlotRequest): Slot | RelayError | undefined {
    const { poolId, vcs, lane, tried } = request
    const serving = this.all.filter(
      (channel) =>
        channel.principal.poolId === poolId && !tried.has(channel.id) && channel.serves(vcs),
    )
    const [best] = serving.toSorted((a, b) => a.load(lane) - b.load(lane))
    if (best === undefined) {
      return new RelayError(
        `Cannot reach '${vcs}': no VCS agent of the pool ${poolId} that serves it is connected. Start one, and see that its configuration names '${vcs}'.`,
        { code: 'NO_AGENT', fate: 'never-ran' },
      )
    }
    return best.load(lane) < 1 ? { channel: best, release: best.take(lane) } : undefined
  }

  async #wait(request: SlotRequest): Promise<Slot> {
    const { promise, resolve, reject } = Promise.withResolvers<Slot>()
    const done = new AbortController()
    const settle = (result: Slot | Error): void => {
      done.abort()
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    const waiter: Waiter = { request, settle }
    this.#waiters.push(waiter)
    const leave = (error: Error): void => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
      settle(error)
    }
    const onAbort = (): void => leave(toError(request.signal?.reason))
    request.signal?.addEventListener('abort', onAbort, { once: true })
    void this.#clock.sleep(this.#queueMs, { signal: done.signal }).then(
      () => leave(busy(request, this.#queueMs)),
      () => {},
    )
    try {
      return await promise
    } finally {
      request.signal?.removeEventListener('abort', onAbort)
    }
  }
}

function busy({ vcs, lane, poolId }: SlotRequest, ms: number): RelayError {
  return new RelayError(
    `Cannot reach '${vcs}': every ${lane} slot of the VCS agents of the pool ${poolId} was taken for ${Math.round(ms / 1000)} s. Add agents to the pool, or give them more slots.`,
    { code: 'BUSY', fate: 'never-ran' },
  )
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

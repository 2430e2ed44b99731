import type { Clock } from '@scalr-agent/core'

import { IdleWatch, type AgentMessage, type GatewayMessage, type Hello } from '../protocol/index.ts'
import type { RelayLane } from '../relay-exchange.ts'
import type { Attempt } from './attempt.ts'
import type { ChannelWire } from './channel-wire.ts'
import type { RelayPrincipal } from './relay-gateway.ts'

export interface AgentChannelOptions {
  readonly id: string
  readonly principal: RelayPrincipal
  readonly hello: Hello
  readonly wire: ChannelWire
  readonly pingMs: number
  readonly clock: Clock
  /** It takes requests no more: drains, or has ended. */
  readonly onChange: () => void
  readonly onLost: (reason: string) => void
}

/** One agent that is there now: what it serves, how much it has to do, and how to tell it things. */
export class AgentChannel {
  readonly id: string
  readonly principal: RelayPrincipal
  readonly #options: AgentChannelOptions
  readonly #vcs: ReadonlySet<string>
  readonly #used: Record<RelayLane, number> = { api: 0, bulk: 0 }
  readonly #attempts = new Map<string, Attempt>()
  readonly #watch: IdleWatch
  #draining = false
  #lost = false

  constructor(options: AgentChannelOptions) {
    this.#options = options
    this.id = options.id
    this.principal = options.principal
    this.#vcs = new Set(options.hello.vcs)
    const deadMs = options.pingMs * 2.5
    this.#watch = new IdleWatch({
      clock: options.clock,
      everyMs: options.pingMs / 4,
      check: (idleMs) => {
        if (idleMs < deadMs) return
        options.wire.close('silent for too long')
        this.lose('it was silent for too long')
      },
    })
  }

  get kind(): ChannelWire['kind'] {
    return this.#options.wire.kind
  }

  get vcs(): ReadonlySet<string> {
    return this.#vcs
  }

  serves(vcs: string): boolean {
    return !this.#draining && !this.#lost && this.#vcs.has(vcs)
  }

  /** From 0 to 1. */
  load(lane: RelayLane): number {
    return this.#used[lane] / this.#options.hello.lanes[lane]
  }

  /** Takes a slot until the result is called. */
  take(lane: RelayLane): () => void {
    this.#used[lane] += 1
    let released = false
    return () => {
      if (released) return
      released = true
      this.#used[lane] -= 1
      this.#options.onChange()
    }
  }

  attach(attempt: Attempt): void {
    this.#attempts.set(attempt.id, attempt)
  }

  detach(attempt: Attempt): void {
    this.#attempts.delete(attempt.id)
  }

  send(message: GatewayMessage, onDelivered?: () => void): void {
    if (!this.#lost) this.#options.wire.send(message, onDelivered)
  }

  /** The agent gave a sign of life. */
  touch(): void {
    this.#watch.touch()
  }

  heard(message: AgentMessage): void {
    this.#watch.touch()
    switch (message.type) {
      case 'ping':
        this.send({ type: 'pong' })
        return
      case 'draining':
        this.#draining = true
        this.#options.onChange()
        return
      case 'refused':
        this.#attempts.get(message.id)?.refused(message.reason)
        return
      case 'working':
        for (const id of message.ids) this.#attempts.get(id)?.touch()
        return
    }
  }

  /** The channel has ended. Answers that are on their way have connections of their own, and go on. */
  lose(reason: string): void {
    if (this.#lost) return
    this.#lost = true
    this.#watch[Symbol.dispose]()
    this.#options.onLost(reason)
    for (const attempt of this.#attempts.values()) attempt.channelLost(reason)
  }

  /** Ends the channel and everything that came over it. */
  end(reason: string): void {
    this.#options.wire.close(reason)
    this.lose(reason)
    for (const attempt of this.#attempts.values()) attempt.agentLost(reason)
  }
}

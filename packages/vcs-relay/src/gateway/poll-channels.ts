import type { ServerResponse } from 'node:http'

import type { Clock } from '@scalr-agent/core'
import { problemTypes } from '@scalr-agent/core/protocol'

import type { AgentMessage, Hello, Welcome } from '../protocol/index.ts'
import type { AgentChannel } from './agent-channel.ts'
import type { ChannelWire } from './channel-wire.ts'
import type { GatewayTiming } from './gateway-timing.ts'
import { CallRefused } from './http-answers.ts'
import { PollWire } from './poll-wire.ts'
import type { RelayPrincipal } from './relay-gateway.ts'

/** A channel that is to be welcomed. */
export interface OpenedChannel {
  readonly channel: AgentChannel
  readonly welcome: Welcome
  /** The welcome is on its way: requests may follow it. */
  readonly ready: () => void
}

/** Makes a channel of a wire and what an agent said first. @throws {@link CallRefused} */
export type OpenChannel = (
  wire: ChannelWire,
  hello: Hello,
  principal: RelayPrincipal,
) => OpenedChannel

/** The calls about one channel of polls. */
export interface PollChannel {
  poll(response: ServerResponse, after: number): void
  heard(messages: readonly AgentMessage[]): void
  end(): void
}

/** Channels of agents that get no WebSocket through. */
export class PollChannels {
  readonly #open: OpenChannel
  readonly #clock: Clock
  readonly #timing: GatewayTiming
  readonly #wires = new Map<string, { readonly wire: PollWire; readonly channel: AgentChannel }>()

  constructor(options: {
    readonly open: OpenChannel
    readonly clock: Clock
    readonly timing: GatewayTiming
  }) {
    this.#open = options.open
    this.#clock = options.clock
    this.#timing = options.timing
  }

  open(hello: Hello, principal: RelayPrincipal): Welcome {
    const wire = new PollWire({
      clock: this.#clock,
      pollMs: this.#timing.pollMs,
      gapMs: this.#timing.pollGapMs,
      onLost: (reason) => channel.lose(reason),
    })
    const { channel, welcome, ready } = this.#open(wire, hello, principal)
    this.#wires.set(channel.id, { wire, channel })
    ready()
    return welcome
  }

  /** @throws {@link CallRefused} 404 when there is no such channel of this agent */
  get(id: string | undefined, principal: RelayPrincipal): PollChannel {
    const found = this.#wires.get(id ?? '')
    if (found === undefined || found.channel.principal.agentId !== principal.agentId) {
      throw new CallRefused(404, problemTypes.notFound, 'This channel has ended; open another.')
    }
    const { wire, channel } = found
    return {
      poll: (response, after) => {
        channel.touch()
        wire.poll(response, after)
      },
      heard: (messages) => {
        for (const message of messages) channel.heard(message)
      },
      end: () => {
        wire.close('the agent ended it')
        channel.lose('the agent ended its channel')
      },
    }
  }

  forget(channelId: string): void {
    this.#wires.delete(channelId)
  }
}

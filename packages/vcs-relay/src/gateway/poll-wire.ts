import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import type { Clock } from '@scalr-agent/core'

import type { GatewayMessage, PollResponse } from '../protocol/index.ts'
import type { ChannelWire } from './channel-wire.ts'
import { sendJson } from './http-answers.ts'

interface Queued {
  readonly number: number
  readonly message: GatewayMessage
  readonly onDelivered: (() => void) | undefined
}

/**
 * Messages as answers to polls. A message stays until the next poll says that it arrived, since an answer
 * may be lost on the way. An agent that dies cuts its poll: if none comes soon after, it is gone.
 */
export class PollWire implements ChannelWire {
  readonly kind = 'long-poll'
  readonly #clock: Clock
  readonly #pollMs: number
  readonly #gapMs: number
  readonly #onLost: (reason: string) => void
  #queue: Queued[] = []
  #lastNumber = 0
  #held: { readonly response: ServerResponse; readonly timer: AbortController } | undefined
  #gap: AbortController | undefined
  #socket: Socket | undefined
  #closed = false

  constructor(options: {
    readonly clock: Clock
    readonly pollMs: number
    readonly gapMs: number
    readonly onLost: (reason: string) => void
  }) {
    this.#clock = options.clock
    this.#pollMs = options.pollMs
    this.#gapMs = options.gapMs
    this.#onLost = options.onLost
  }

  send(message: GatewayMessage, onDelivered?: () => void): void {
    if (this.#closed) return
    this.#lastNumber += 1
    this.#queue.push({ number: this.#lastNumber, message, onDelivered })
    this.#answer()
  }

  /** Holds the poll until there is something to say, or its time is over. */
  poll(response: ServerResponse, after: number): void {
    this.#gap?.abort()
    this.#queue = this.#queue.filter(({ number }) => number > after)
    // An older poll is one whose connection was cut without our knowing.
    this.#answer({ evenEmpty: true })
    const timer = new AbortController()
    this.#held = { response, timer }
    this.#watch(response.req.socket)
    response.once('close', () => {
      if (this.#held?.response !== response) return
      timer.abort()
      this.#held = undefined
      this.#expectPoll()
    })
    this.#clock.sleep(this.#pollMs, { signal: timer.signal }).then(
      () => {
        if (this.#held?.response === response) this.#answer({ evenEmpty: true })
      },
      () => {},
    )
    if (this.#queue.length > 0 || this.#closed) this.#answer({ evenEmpty: true })
  }

  close(reason: string): void {
    if (this.#closed) return
    this.send({ type: 'closing', reason })
    this.#closed = true
    this.#gap?.abort()
    this.#answer({ evenEmpty: true })
    this.#socket?.off('close', this.#onSocketClose)
  }

  #answer(options: { readonly evenEmpty?: boolean } = {}): void {
    const held = this.#held
    if (held === undefined) return
    if (this.#queue.length === 0 && options.evenEmpty !== true) return
    this.#held = undefined
    held.timer.abort()
    for (const { onDelivered } of this.#queue) onDelivered?.()
    const messages = this.#queue.map(({ number, message }) => ({ number, message }))
    sendJson(held.response, 200, { messages } satisfies PollResponse)
  }

  /** Also between two polls the agent's end is seen, by the connection that the last one came over. */
  #watch(socket: Socket): void {
    if (this.#socket === socket) return
    this.#socket?.off('close', this.#onSocketClose)
    this.#socket = socket
    socket.once('close', this.#onSocketClose)
  }

  readonly #onSocketClose = (): void => {
    this.#socket = undefined
    if (this.#held === undefined) this.#expectPoll()
  }

  #expectPoll(): void {
    if (this.#closed) return
    this.#gap?.abort()
    const gap = new AbortController()
    this.#gap = gap
    this.#clock.sleep(this.#gapMs, { signal: gap.signal }).then(
      () => {
        this.#closed = true
        this.#onLost('its poll was cut')
      },
      () => {},
    )
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

import type { Clock } from '@scalr-agent/core'
import { deferred } from '@scalr-agent/core/runtime'

import {
  answerHeadSchema,
  FrameDecoder,
  FrameEncoder,
  framesMediaType,
  IdleWatch,
  type AnswerHead,
  type RefusalReason,
} from '../protocol/index.ts'
import { RelayError, type RelayErrorCode } from '../relay-error.ts'
import type { RelayAnswer, RelayRequest, RequestFate } from '../relay-exchange.ts'
import type { AgentChannel } from './agent-channel.ts'
import type { GatewayTiming } from './gateway-timing.ts'
import { withoutReserved } from './reserved-headers.ts'

export interface AttemptOptions {
  readonly request: RelayRequest
  readonly channel: AgentChannel
  readonly timing: GatewayTiming
  readonly clock: Clock
  /** Whether a small call is under way, at whichever agent. */
  readonly isSmallCallUnderWay: () => boolean
  /** Nothing of it is under way any more. */
  readonly onDone: () => void
}

/** One request at one agent, from its envelope to the last byte of its answer. */
export class Attempt {
  readonly id: string
  readonly answer: Promise<RelayAnswer>
  readonly #options: AttemptOptions
  readonly #answer = deferred<RelayAnswer>()
  readonly #firstByte: IdleWatch
  #decoder: FrameDecoder<AnswerHead> | undefined
  #fate: RequestFate = 'never-ran'
  #bodyOpened = false
  #done = false

  constructor(options: AttemptOptions) {
    const { request, channel, timing, clock } = options
    this.#options = options
    this.id = request.id
    this.answer = this.#answer.promise
    this.answer.catch(() => {})
    this.#firstByte = new IdleWatch({
      clock,
      everyMs: timing.firstByteMs / 20,
      check: (idleMs) => {
        if (idleMs >= timing.firstByteMs) this.#timeOut()
      },
    })
    channel.attach(this)
    const { id, vcs, method, target, headers, lane, body } = request
    channel.send(
      { type: 'request', id, vcs, method, target, headers, lane, hasBody: body !== undefined },
      () => (this.#fate = 'unknown'),
    )
  }

  /** Whether the agent has begun to fetch the body of the request, so that it cannot be sent again. */
  get bodyOpened(): boolean {
    return this.#bodyOpened
  }

  /** Whether the head of an answer came. */
  get answered(): boolean {
    return this.#fate === 'answered'
  }

  /** What its bodies make room for: a small one for none. */
  get #othersWait(): (() => boolean) | undefined {
    const { isSmallCallUnderWay, request } = this.#options
    return request.lane === 'bulk' ? isSmallCallUnderWay : undefined
  }

  /** The agent is at work on it. */
  touch(): void {
    this.#firstByte.touch()
    this.#decoder?.touch()
  }

  refused(reason: RefusalReason): void {
    // It says itself that it did nothing; once it has begun, that cannot be so.
    if (this.#decoder !== undefined || this.#bodyOpened) return
    this.#fate = 'never-ran'
    const code = reason === 'unknown-vcs' ? 'NO_AGENT' : 'BUSY'
    this.#fail(`the agent took no more (${reason})`, { code })
  }

  channelLost(reason: string): void {
    // The answer has a connection of its own, which tells when the agent is gone.
    if (this.#decoder === undefined) this.agentLost(reason)
  }

  agentLost(reason: string): void {
    this.#fail(`the agent was lost: ${reason}`, { code: 'AGENT_LOST' })
  }

  /** Nobody wants the answer any more. */
  cancel(reason: unknown): void {
    if (this.#done) return
    this.#options.channel.send({ type: 'cancel', id: this.id })
    const error = reason instanceof Error ? reason : new Error(String(reason))
    this.#answer.reject(error)
    this.#decoder?.destroy(error)
    this.#finish()
  }

  /** `GET requests/{id}/body`. @returns whether there is a body to fetch, now and once */
  serveBody(response: ServerResponse): boolean {
    const { request, timing, clock } = this.#options
    if (request.body === undefined || this.#bodyOpened || this.#done) return false
    this.#bodyOpened = true
    const encoder = new FrameEncoder({
      source: request.body,
      what: 'the body of the request',
      clock,
      keepAliveMs: timing.keepAliveMs,
      idleMs: timing.bodyIdleMs,
      stalledMs: timing.stalledMs,
      othersWait: this.#othersWait,
      onProgress: () => this.#firstByte.touch(),
    })
    response.writeHead(200, { 'content-type': framesMediaType, 'cache-control': 'no-store' })
    // A failure here is one of the agent's connection: the agent tells what it makes of it.
    pipeline(encoder, response, () => {})
    return true
  }

  /** `POST requests/{id}/answer`. @returns whether somebody waits for it */
  takeAnswer(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#done || this.#decoder !== undefined) return false
    const { timing, clock } = this.#options
    const decoder: FrameDecoder<AnswerHead> = new FrameDecoder({
      head: { schema: answerHeadSchema, onHead: (head) => this.#takeHead(head, decoder) },
      what: `the answer of '${this.#options.request.vcs}'`,
      fate: () => this.#fate,
      clock,
      othersWait: this.#othersWait,
      idleMs: timing.bodyIdleMs,
      stalledMs: timing.stalledMs,
    })
    this.#decoder = decoder
    this.#fate = 'unknown'
    pipeline(request, decoder, (error) => {
      if (error) {
        // The consumer has gone, or the answer broke: either way the agent need not go on.
        this.#options.channel.send({ type: 'cancel', id: this.id })
        // A pipeline leaves the socket of a server's request alone; the agent is to see that it is cut.
        response.destroy()
      } else if (!response.destroyed) response.writeHead(204).end()
    })
    decoder.once('error', (error) => this.#answer.reject(error))
    decoder.once('close', () => this.#finish())
    return true
  }

  #takeHead({ origin, status, headers, hasBody }: AnswerHead, decoder: FrameDecoder<AnswerHead>) {
    this.#firstByte[Symbol.dispose]()
    this.#fate = 'answered'
    if (!hasBody) decoder.resume()
    this.#answer.resolve({
      origin,
      status,
      headers: withoutReserved(headers),
      body: hasBody ? decoder : undefined,
    })
  }

  #timeOut(): void {
    const seconds = Math.round(this.#options.timing.firstByteMs / 1000)
    this.#options.channel.send({ type: 'cancel', id: this.id })
    this.#fail(`no answer began within ${seconds} s`, { code: 'TIMED_OUT' })
  }

  #fail(why: string, options: { readonly code: RelayErrorCode }): void {
    if (this.#done) return
    const { request, channel } = this.#options
    const error = new RelayError(
      `Cannot relay ${request.method} to '${request.vcs}' through ${channel.principal.agentId}: ${why}.`,
      { ...options, fate: this.#fate },
    )
    this.#answer.reject(error)
    if (this.#decoder === undefined) this.#finish()
    else this.#decoder.destroy(error)
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#firstByte[Symbol.dispose]()
    this.#options.channel.detach(this)
    this.#options.onDone()
  }
}

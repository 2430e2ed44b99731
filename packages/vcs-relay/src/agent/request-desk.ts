import type { Clock, HttpTransport, Logger, OpenVcsSession } from '@scalr-agent/core'

import { IdleWatch, type RefusalReason, type RequestMessage } from '../protocol/index.ts'
import type { RelayHandler, RelayLane } from '../relay-exchange.ts'
import type { AgentTiming } from './agent-timing.ts'
import type { ControlChannel } from './control-channel.ts'
import { openRequestBody } from './request-body.ts'
import { sendAnswer, sendFailure, tellable } from './send-answer.ts'

export interface RequestDeskOptions {
  readonly handlers: Readonly<Record<string, RelayHandler>>
  readonly slots: Readonly<Record<RelayLane, number>>
  readonly transport: HttpTransport
  readonly timing: AgentTiming
  readonly clock: Clock
  readonly logger: Logger
}

interface Work {
  readonly lane: RelayLane
  readonly abort: AbortController
  readonly channel: ControlChannel
  /** Bytes may flow for it, one way or the other. */
  isTransferring: boolean
  /** Its answer goes its own way, and needs the channel no more. */
  isAnswering: boolean
}

/** Takes requests, gives them to their handlers, and sends what those answer. */
export class RequestDesk implements Disposable {
  readonly #options: RequestDeskOptions
  readonly #work = new Map<string, Work>()
  /** From the first request on: an agent that was never run must not keep its process. */
  #working: IdleWatch | undefined
  #draining = false
  #whenIdle: (() => void)[] = []

  constructor(options: RequestDeskOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#work.size
  }

  /** Takes no more; those that the gateway sent meanwhile go back to it unread. */
  drain(): void {
    this.#draining = true
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#work.size === 0) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  take(message: RequestMessage, channel: ControlChannel, session: OpenVcsSession): void {
    const handler = Object.hasOwn(this.#options.handlers, message.vcs)
      ? this.#options.handlers[message.vcs]
      : undefined
    const refusal = this.#refusal(message, handler)
    if (refusal !== undefined || handler === undefined) {
      channel.send({ type: 'refused', id: message.id, reason: refusal ?? 'unknown-vcs' })
      return
    }
    this.#working ??= new IdleWatch({
      clock: this.#options.clock,
      everyMs: this.#options.timing.workingMs,
      check: () => this.#tellWorking(),
    })
    const work: Work = {
      lane: message.lane,
      abort: new AbortController(),
      channel,
      isTransferring: message.hasBody,
      isAnswering: false,
    }
    this.#work.set(message.id, work)
    void this.#run(message, handler, work, session).finally(() => {
      this.#work.delete(message.id)
      if (this.#work.size > 0) return
      for (const resolve of this.#whenIdle.splice(0)) resolve()
    })
  }

  /** Nobody waits for it any more. */
  cancel(requestId: string): void {
    this.#work.get(requestId)?.abort.abort(new Error('The control plane gave the request up.'))
  }

  /** The gateway has given up what came over that channel, but for the answers that are on their way. */
  channelEnded(channel: ControlChannel): void {
    for (const work of this.#work.values()) {
      if (work.channel !== channel || work.isAnswering) continue
      work.abort.abort(new Error('The control channel ended.'))
    }
  }

  /** Ends everything now. */
  end(reason: string): void {
    for (const { abort } of this.#work.values()) abort.abort(new Error(reason))
  }

  [Symbol.dispose](): void {
    this.#working?.[Symbol.dispose]()
  }

  #refusal(message: RequestMessage, handler: RelayHandler | undefined): RefusalReason | undefined {
    if (this.#draining) return 'draining'
    if (handler === undefined) return 'unknown-vcs'
    const { lane } = message
    return this.#inLane(lane) >= this.#options.slots[lane] ? 'busy' : undefined
  }

  #inLane(lane: RelayLane): number {
    return [...this.#work.values()].filter((work) => work.lane === lane).length
  }

  async #run(
    message: RequestMessage,
    handler: RelayHandler,
    work: Work,
    session: OpenVcsSession,
  ): Promise<void> {
    const { transport, timing, clock, logger } = this.#options
    const { id, vcs, method, target, headers, lane } = message
    const { signal } = work.abort
    const isSmallCallUnderWay = (): boolean => this.#inLane('api') > 0
    const othersWait = lane === 'bulk' ? isSmallCallUnderWay : undefined
    const common = { requestId: id, vcs, transport, session, timing, clock, signal, othersWait }
    const body = message.hasBody ? openRequestBody(common) : undefined
    const onEnd = (): void => void (work.isTransferring = work.isAnswering)
    body?.once('end', onEnd)
    try {
      const answer = await handler.handle(
        { id, vcs, method, target, headers, lane, body },
        { signal },
      )
      if (signal.aborted) {
        answer.body?.on('error', () => {}).destroy()
        return
      }
      work.isAnswering = true
      work.isTransferring = true
      await sendAnswer(answer, common)
    } catch (error) {
      if (signal.aborted) return
      logger.warn({ err: error, requestId: id, vcs }, 'A relayed request came to no good end')
      // Also when its answer was cut on the way: the gateway may have seen nothing of it, and would wait.
      await sendFailure(tellable(error), common).catch(() => {})
    } finally {
      // What the handler did not read is not wanted, and what it began ends with its request.
      body?.destroy()
      work.abort.abort(new Error('The request has ended.'))
    }
  }

  /** Behind a proxy that buffers, the gateway sees nothing of a body while it is on its way. */
  #tellWorking(): void {
    const byChannel = new Map<ControlChannel, string[]>()
    for (const [id, { channel, isTransferring }] of this.#work) {
      if (isTransferring) byChannel.set(channel, [...(byChannel.get(channel) ?? []), id])
    }
    for (const [channel, ids] of byChannel) channel.send({ type: 'working', ids })
  }
}

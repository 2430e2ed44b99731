import { ApiError, isSessionGone, type Logger, type OpenVcsSession } from '@scalr-agent/core'
import { Backoff } from '@scalr-agent/core/runtime'

import type { GatewayMessage } from '../protocol/index.ts'
import type { ChannelEnd, ControlChannel, OpenChannelOptions } from './control-channel.ts'
import { openLongPollChannel } from './long-poll-channel.ts'
import { openWebSocketChannel } from './web-socket-channel.ts'

export interface ChannelKeeperOptions extends Omit<
  OpenChannelOptions,
  'session' | 'onMessage' | 'signal'
> {
  readonly mode: 'auto' | 'websocket' | 'long-poll'
  readonly session: (options: { readonly signal: AbortSignal }) => Promise<OpenVcsSession>
  readonly onOpen: (channel: ControlChannel) => void
  readonly onMessage: (
    message: GatewayMessage,
    channel: ControlChannel,
    session: OpenVcsSession,
  ) => void
  readonly onEnd: (channel: ControlChannel, end: ChannelEnd) => void
  readonly random: () => number
  readonly logger: Logger
}

/** Keeps one control channel open: chooses its kind, and opens another when it has ended. */
export class ChannelKeeper {
  readonly #options: ChannelKeeperOptions
  readonly #backoff: Backoff
  /** No WebSocket is tried before. */
  #pollUntilMs = -Infinity
  /** WebSockets in a row that something on the way cut at once. */
  #cut = 0

  constructor(options: ChannelKeeperOptions) {
    this.#options = options
    this.#backoff = new Backoff({ random: options.random })
  }

  /** Runs until the signal aborts. */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options
    const { clock, logger, onOpen, onEnd, timing, random } = this.#options
    while (!signal.aborted) {
      let session: OpenVcsSession
      try {
        session = await this.#options.session({ signal })
      } catch {
        // No session will come: whoever keeps it tells why.
        return
      }
      let channel: ControlChannel
      try {
        channel = await this.#open(session, signal)
      } catch (error) {
        if (signal.aborted) return
        if (isSessionGone(error)) session.lost()
        const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
        const waitMs = Math.max(this.#backoff.nextMs(), retryAfterMs)
        logger.warn(
          { err: error, retryInMs: Math.round(waitMs) },
          'Could not open a control channel',
        )
        await clock.sleep(waitMs, { signal }).catch(() => {})
        continue
      }
      const openedMs = clock.monotonicMs()
      const close = (): void => channel.close()
      signal.addEventListener('abort', close, { once: true })
      if (signal.aborted) close()
      onOpen(channel)
      const end = await channel.ended
      signal.removeEventListener('abort', close)
      onEnd(channel, end)
      if (signal.aborted) return
      if (isSessionGone(end.error)) session.lost()
      const livedMs = clock.monotonicMs() - openedMs
      this.#learn(channel, end, livedMs)
      if (livedMs >= timing.settledMs) this.#backoff.reset()
      // Whatever ended this channel ended those of other agents too: they must not come back at once.
      const waitMs = Math.max(this.#backoff.nextMs(), random() * timing.reconnectSpreadMs)
      logger.warn(
        { reason: end.reason, retryInMs: Math.round(waitMs) },
        'The control channel ended; opening another',
      )
      await clock.sleep(waitMs, { signal }).catch(() => {})
    }
  }

  async #open(session: OpenVcsSession, signal: AbortSignal): Promise<ControlChannel> {
    const { mode, clock, timing, logger, onMessage } = this.#options
    let channel: ControlChannel | undefined
    const early: GatewayMessage[] = []
    const options: OpenChannelOptions = {
      ...this.#options,
      session,
      signal,
      onMessage: (message) => {
        if (channel === undefined) early.push(message)
        else onMessage(message, channel, session)
      },
    }
    const polls =
      mode === 'long-poll' || (mode === 'auto' && clock.monotonicMs() < this.#pollUntilMs)
    if (!polls) {
      try {
        channel = await openWebSocketChannel(options)
      } catch (error) {
        if (mode === 'websocket' || signal.aborted) throw error
        // If this fails too, it says why in better words: a WebSocket does not tell the status.
        channel = await openLongPollChannel(options)
        this.#pollUntilMs = clock.monotonicMs() + timing.webSocketRetryMs
        logger.warn({ err: error }, 'No WebSocket comes through; using long-polls')
      }
    }
    channel ??= await openLongPollChannel(options)
    const opened = channel
    queueMicrotask(() => {
      for (const message of early) onMessage(message, opened, session)
    })
    return opened
  }

  #learn(channel: ControlChannel, end: ChannelEnd, livedMs: number): void {
    const { timing, clock } = this.#options
    if (channel.kind !== 'websocket') return
    this.#cut = end.isAnnounced || livedMs >= timing.settledMs ? 0 : this.#cut + 1
    if (this.#cut < 2) return
    this.#cut = 0
    this.#pollUntilMs = clock.monotonicMs() + timing.webSocketRetryMs
  }
}

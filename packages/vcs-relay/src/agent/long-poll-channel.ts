import { ApiError, readJson, ScalrAgentError, type HttpCall } from '@scalr-agent/core'
import { Backoff, deferred } from '@scalr-agent/core/runtime'

import {
  pollResponseSchema,
  relayPath,
  welcomeSchema,
  type AgentMessage,
  type Welcome,
} from '../protocol/index.ts'
import type { ChannelEnd, ControlChannel, OpenChannelOptions } from './control-channel.ts'

/** How much longer than asked a poll may take before it counts as dead. */
const slackMs = 10_000

/**
 * Opens a control channel of long-polls, for networks that let no WebSocket through.
 *
 * @throws errors of core: `NetworkError`, `TimeoutError`, `ApiError`, `ProtocolError`
 */
export async function openLongPollChannel(options: OpenChannelOptions): Promise<ControlChannel> {
  const { transport, hello, session, signal } = options
  const welcome = await transport.send({
    ...json('open a control channel', 'POST', '/channels', hello),
    token: session.token,
    signal,
    read: (answer) => readJson(answer, welcomeSchema),
  })
  return new LongPollChannel(options, welcome)
}

class LongPollChannel implements ControlChannel {
  readonly kind = 'long-poll'
  readonly welcome: Welcome
  readonly ended: Promise<ChannelEnd>
  readonly #options: OpenChannelOptions
  readonly #path: string
  readonly #ended = deferred<ChannelEnd>()
  readonly #closing = new AbortController()
  #announced: string | undefined
  #outbox: AgentMessage[] = []
  #sending = false

  constructor(options: OpenChannelOptions, welcome: Welcome) {
    this.#options = options
    this.welcome = welcome
    this.#path = `/channels/${welcome.channelId}`
    this.ended = this.#ended.promise
    void this.#poll()
  }

  send(message: AgentMessage): void {
    if (this.#closing.signal.aborted) return
    this.#outbox.push(message)
    if (!this.#sending) void this.#flush()
  }

  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#ended.resolve({ reason: 'the agent closed it', isAnnounced: true })
    // Else the gateway waits for the next poll.
    void this.#call('end the control channel', 'DELETE', '', undefined, async (answer) => {
      answer.body.resume()
    }).catch(() => {})
  }

  async #poll(): Promise<void> {
    const { clock, onMessage } = this.#options
    const { signal } = this.#closing
    const backoff = new Backoff({ minMs: 100, maxMs: 2000 })
    let after = 0
    let failures = 0
    while (!signal.aborted) {
      try {
        const answer = await this.#call(
          'ask for requests',
          'POST',
          '/poll',
          { after },
          (reply) => readJson(reply, pollResponseSchema),
          { headersTimeoutMs: this.welcome.pollMs + slackMs, signal },
        )
        failures = 0
        backoff.reset()
        for (const { number, message } of answer.messages) {
          if (number <= after) continue
          after = number
          if (message.type === 'closing') this.#announced = message.reason
          else if (message.type !== 'welcome' && message.type !== 'pong') onMessage(message)
        }
        if (this.#announced !== undefined) return this.#end(this.#announced)
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        // A proxy cuts what is idle; an answer that says no, or the third failure in a row, is the end.
        if (error instanceof ApiError || failures >= 3) return this.#end(reasonOf(error), error)
        await clock.sleep(backoff.nextMs(), { signal }).catch(() => {})
      }
    }
  }

  async #flush(): Promise<void> {
    this.#sending = true
    try {
      while (this.#outbox.length > 0) {
        const messages = this.#outbox.splice(0, 256)
        await this.#call(
          'tell the control plane',
          'POST',
          '/messages',
          { messages },
          async (answer) => void answer.body.resume(),
          { retry: { forMs: 5000 } },
        )
      }
    } catch (error) {
      this.#end(reasonOf(error), error)
    } finally {
      this.#sending = false
    }
  }

  #end(reason: string, error?: unknown): void {
    this.#closing.abort()
    this.#ended.resolve({ reason, isAnnounced: this.#announced !== undefined, error })
  }

  #call<T>(
    doing: string,
    method: 'POST' | 'DELETE',
    path: string,
    body: unknown,
    read: HttpCall<T>['read'],
    more: Pick<HttpCall<T>, 'headersTimeoutMs' | 'signal' | 'retry'> = {},
  ): Promise<T> {
    const { transport, session } = this.#options
    return transport.send({
      ...json(doing, method, `${this.#path}${path}`, body),
      token: session.token,
      ...more,
      read,
    })
  }
}

function json(
  doing: string,
  method: 'POST' | 'DELETE',
  path: string,
  body: unknown,
): Pick<HttpCall<unknown>, 'doing' | 'method' | 'path' | 'headers' | 'body'> {
  return {
    doing,
    method,
    path: `${relayPath}${path}`,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }
}

function reasonOf(error: unknown): string {
  return ScalrAgentError.isInstance(error) ? error.message : 'polling failed'
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { RelayError, type RelayAnswer, type RelayGateway } from '@scalr-agent/vcs-relay/gateway'

const notSent = new Set(['host', 'connection', 'transfer-encoding', 'keep-alive'])

/** Where a front leads to, now. */
export interface RelayTarget {
  readonly gateway: RelayGateway
  readonly poolId: string
  readonly vcs: string
}

/** What a front tells of an answer whose body it holds back. */
export interface HeldAnswer {
  /** Bytes have come; no more are read until it is let go. */
  readonly reached: Promise<void>
  /** Why the body broke off. */
  readonly broken: Promise<unknown>
  letGo(): void
}

/**
 * HTTP on loopback for programs that know nothing of relays: every request goes through the gateway to one
 * VCS. What breaks off there breaks off here.
 */
export class RelayFront implements AsyncDisposable {
  readonly #server: Server
  #hold: ((answer: RelayAnswer) => Promise<void>) | undefined
  /** Fates of requests that had no answer. */
  readonly fates: string[] = []

  private constructor(target: () => RelayTarget) {
    this.#server = createServer((request, response) => {
      this.#relay(request, response, target()).catch(() => response.destroy())
    })
  }

  static async start(target: () => RelayTarget): Promise<RelayFront> {
    const front = new RelayFront(target)
    await once(front.#server.listen(0, '127.0.0.1'), 'listening')
    return front
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The next answer that has a large body stops after its first bytes. */
  holdNextPack(): HeldAnswer {
    const reached = Promise.withResolvers<void>()
    const broken = Promise.withResolvers<unknown>()
    const released = Promise.withResolvers<void>()
    this.#hold = async ({ body }) => {
      this.#hold = undefined
      body?.once('error', broken.resolve)
      reached.resolve()
      await released.promise
    }
    return { reached: reached.promise, broken: broken.promise, letGo: released.resolve }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #relay(
    request: IncomingMessage,
    response: ServerResponse,
    { gateway, poolId, vcs }: RelayTarget,
  ): Promise<void> {
    const ended = new AbortController()
    response.on('close', () => ended.abort(new Error('The client has gone')))
    const target = request.url ?? ''
    let answer: RelayAnswer
    try {
      answer = await gateway.request(
        poolId,
        {
          vcs,
          method: request.method ?? 'GET',
          target,
          headers: pairs(request.rawHeaders),
          lane: target.endsWith('/git-upload-pack') ? 'bulk' : 'api',
          ...(request.method === 'POST' ? { body: request } : {}),
        },
        { signal: ended.signal },
      )
    } catch (error) {
      this.fates.push(error instanceof RelayError ? error.fate : 'none')
      response.writeHead(502).end()
      return
    }
    response.sendDate = false
    response.writeHead(
      answer.status,
      answer.headers.filter(([name]) => !notSent.has(name.toLowerCase())).flat(),
    )
    if (answer.body === undefined) {
      response.end()
      return
    }
    let bytes = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (!response.write(chunk)) await once(response, 'drain', { signal: ended.signal })
      if (bytes > 1_000_000) await this.#hold?.(answer)
    }
    response.end()
  }
}

function pairs(rawHeaders: readonly string[]): (readonly [string, string])[] {
  const all: (readonly [string, string])[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!notSent.has(name.toLowerCase())) all.push([name, rawHeaders[index + 1] ?? ''])
  }
  return all
}

import { Readable } from 'node:stream'

import type { RawData, WebSocket } from 'ws'

import {
  KubeAnswerError,
  parseStatus,
  type KubeCall,
  type KubeStatus,
} from './kube-answer-error.ts'
import type { ExecProcess } from './kube-client.ts'
import { KubeSilentError } from './kube-silent-error.ts'
import { sendStdin } from './send-stdin.ts'

/** First byte of each message. */
const channels = { stdout: 1, stderr: 2, status: 3 } as const
const longestStderrBytes = 64 * 1024
/** How often to ask whether the other side is still there, and how long it may be silent. */
const pingMs = 20_000
const silenceMs = 65_000
/** How long the server may take to close the connection once all was said. */
const closeLimitMs = 5000

/** The process behind an open exec connection. */
export class ExecStreams implements ExecProcess {
  readonly stdout: Readable
  readonly ended: Promise<number | undefined>
  readonly #socket: WebSocket
  readonly #call: KubeCall
  readonly #stderr: Buffer[] = []
  #stderrBytes = 0
  #status: KubeStatus | undefined
  #heardAtMs = performance.now()
  #closing: NodeJS.Timeout | undefined

  constructor(
    socket: WebSocket,
    options: {
      readonly call: KubeCall
      readonly stdin: Readable | undefined
      readonly signal: AbortSignal
    },
  ) {
    const { call, signal, stdin } = options
    this.#socket = socket
    this.#call = call
    const left = new AbortController()
    this.stdout = new Readable({
      highWaterMark: 256 * 1024,
      read: () => socket.resume(),
      destroy: (error, done) => {
        left.abort(error ?? new KubeSilentError('the process was left'))
        socket.terminate()
        done(error)
      },
    })
    // Whoever reads is told; nobody else needs to be.
    this.stdout.on('error', () => {})
    const pinging = setInterval(() => this.#ping(), pingMs)
    pinging.unref()
    const abort = (): void => {
      this.stdout.destroy(reasonOf(signal))
    }
    const ended = Promise.withResolvers<number | undefined>()
    this.ended = ended.promise
    this.stdout.once('close', () => {
      clearInterval(pinging)
      clearTimeout(this.#closing)
      signal.removeEventListener('abort', abort)
      ended.resolve(this.stdout.readableEnded ? exitCodeOf(this.#status) : undefined)
    })
    socket.on('message', (data) => this.#receive(data))
    socket.on('pong', () => this.#heard())
    socket.on('error', (error) => this.stdout.destroy(error))
    socket.on('close', (code) => this.#closed(code))
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    if (stdin !== undefined) {
      sendStdin(socket, stdin, left.signal).catch((error: unknown) => {
        this.stdout.destroy(error instanceof Error ? error : new Error(String(error)))
      })
    }
    socket.resume()
  }

  readonly stderr = (): string => Buffer.concat(this.#stderr).toString('utf8')

  async [Symbol.asyncDispose](): Promise<void> {
    this.stdout.destroy()
    await this.ended
  }

  #receive(data: RawData): void {
    this.#heard()
    if (!Buffer.isBuffer(data) || data.length < 2) return
    const payload = data.subarray(1)
    switch (data.readUInt8(0)) {
      case channels.stdout:
        if (!this.stdout.push(payload)) this.#socket.pause()
        break
      case channels.stderr: {
        const kept = payload.subarray(0, longestStderrBytes - this.#stderrBytes)
        this.#stderrBytes += kept.length
        // A copy: the message that it is part of may be large.
        if (kept.length > 0) this.#stderr.push(Buffer.from(kept))
        break
      }
      case channels.status:
        this.#status = parseStatus(payload.toString('utf8'))
        this.#socket.close()
        // Once all was said: what comes on the other channels came before.
        this.#closing = setTimeout(() => this.#socket.terminate(), closeLimitMs)
        break
      default:
        break
    }
  }

  /** The status is the last word; without it, nobody knows what is missing. */
  #closed(code: number): void {
    const status = this.#status
    if (status === undefined) {
      this.stdout.destroy(
        new KubeSilentError(`the connection to the process was cut (WebSocket ${code})`),
      )
    } else if (status['status'] === 'Success' || status.reason === 'NonZeroExitCode') {
      this.stdout.push(null)
    } else {
      const body = JSON.stringify(status)
      this.stdout.destroy(new KubeAnswerError(this.#call, { status: status.code ?? 500, body }))
    }
  }

  #heard(): void {
    this.#heardAtMs = performance.now()
  }

  /** A connection whose other side is gone says nothing. While we take nothing, neither does a living one. */
  #ping(): void {
    if (this.#socket.isPaused) {
      this.#heard()
    } else if (performance.now() - this.#heardAtMs > silenceMs) {
      this.stdout.destroy(
        new KubeSilentError(`nothing heard of the process's connection for ${silenceMs / 1000} s`),
      )
      return
    }
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping(() => {})
  }
}

function exitCodeOf(status: KubeStatus | undefined): number | undefined {
  if (status?.['status'] === 'Success') return 0
  const code = status?.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  return code !== undefined && /^\d{1,10}$/u.test(code) ? Number(code) : undefined
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted')
}

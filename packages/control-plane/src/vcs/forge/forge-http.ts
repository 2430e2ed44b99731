import { addAbortSignal, Readable } from 'node:stream'

import type { RelayAnswer, RelayGateway, RelayLane } from '@scalr-agent/vcs-relay/gateway'
import { z } from 'zod'

import { ForgeError } from './forge-error.ts'

export interface ForgeCall {
  readonly method?: 'GET' | 'POST'
  /** Below the root of the forge, with its query; parts from outside are encoded. */
  readonly path: string
  readonly body?: unknown
  readonly lane?: RelayLane
  readonly signal: AbortSignal
}

export interface ForgeHttpOptions {
  readonly gateway: Pick<RelayGateway, 'request' | 'served'>
  readonly poolId: string
  /** At the agents of the pool. */
  readonly vcsName: () => string
  /** Where the forge is; its path comes before every target. */
  readonly url: string
  /** In messages: `GitHub Enterprise`. */
  readonly label: string
  readonly accept: string
}

const maxJsonBytes = 32 * 1024 ** 2
const jsonTimeoutMs = 60_000

/** Calls of one forge through the agents of a pool. */
export class ForgeHttp {
  readonly #options: ForgeHttpOptions
  readonly #root: string

  constructor(options: ForgeHttpOptions) {
    this.#options = options
    this.#root = new URL(options.url).pathname.replace(/\/+$/u, '')
  }

  /** The answer as JSON. @throws {@link ForgeError} */
  async json<Schema extends z.ZodType>(call: ForgeCall, schema: Schema): Promise<z.output<Schema>> {
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(jsonTimeoutMs)])
    const answer = await this.#send({ ...call, signal })
    const text = await readText(answer.body, maxJsonBytes).catch((error: unknown) => {
      throw this.#broken(call, error)
    })
    const parsed = schema.safeParse(parseJson(text))
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new ForgeError(
      `${this.#subject(call)}: the answer is not what ${this.#options.label} documents ` +
        `(${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'no JSON'}). Is it another kind of VCS, or very old?`,
      { isTransient: false },
    )
  }

  /** The same; `undefined` for a 404. */
  async find<Schema extends z.ZodType>(
    call: ForgeCall,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    try {
      return await this.json(call, schema)
    } catch (error) {
      if (error instanceof ForgeError && error.status === 404) return undefined
      throw error
    }
  }

  /** The body as it arrives. @throws {@link ForgeError} */
  async stream(call: ForgeCall): Promise<Readable> {
    const answer = await this.#send({ ...call, lane: 'bulk' })
    return addAbortSignal(call.signal, answer.body ?? Readable.from([]))
  }

  async #send(call: ForgeCall): Promise<RelayAnswer> {
    const { gateway, poolId, vcsName, accept } = this.#options
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    let answer: RelayAnswer
    try {
      answer = await gateway.request(
        poolId,
        {
          vcs: vcsName(),
          method: call.method ?? 'GET',
          target: `${this.#root}${call.path}`,
          headers: [
            ['accept', accept],
            ['user-agent', 'scalr-agent-control-plane'],
            ...(body === undefined
              ? []
              : ([
                  ['content-type', 'application/json'],
                  ['content-length', String(body.byteLength)],
                ] as const)),
          ],
          lane: call.lane ?? 'api',
          ...(body === undefined ? {} : { body: Readable.from([body], { objectMode: false }) }),
        },
        { signal: call.signal },
      )
    } catch (error) {
      throw this.#broken(call, error)
    }
    if (answer.status >= 200 && answer.status < 300) return answer
    throw await this.#refused(call, answer)
  }

  async #refused(call: ForgeCall, answer: RelayAnswer): Promise<ForgeError> {
    const { status, origin } = answer
    const said = saidBy(await readText(answer.body, 64 * 1024).catch(() => ''))
    const who = origin === 'vcs' ? this.#options.label : `the ${origin} of the relay`
    const retryAfter = Number(headerOf(answer, 'retry-after'))
    const limited =
      status === 429 || (status === 403 && headerOf(answer, 'x-ratelimit-remaining') === '0')
    return new ForgeError(
      `${this.#subject(call)}: ${who} answered ${status}${said === '' ? '' : ` (${said})`}.${adviceFor(status, origin)}`,
      {
        isTransient: limited || status >= 500 || status === 408 || status === 425,
        // A 404 of the agent is no word of the VCS.
        ...(origin === 'vcs' ? { status } : {}),
        retryAfterMs: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter * 1000 : undefined,
      },
    )
  }

  #broken(call: ForgeCall, error: unknown): ForgeError {
    if (error instanceof ForgeError) return error
    const why = error instanceof Error ? error.message : String(error)
    return new ForgeError(`${this.#subject(call)}: ${why}`, { isTransient: true, cause: error })
  }

  #subject(call: ForgeCall): string {
    return `${this.#options.label} could not be asked (${call.method ?? 'GET'} ${call.path.split('?')[0]})`
  }
}

function adviceFor(status: number, origin: RelayAnswer['origin']): string {
  if (origin !== 'vcs') return status === 403 ? ' The policy of the VCS agent decides that.' : ''
  switch (status) {
    case 401:
      return ' The credentials of the VCS agent are wrong or have expired.'
    case 403:
      return ' The credentials of the VCS agent do not allow it.'
    case 404:
      return ' There is no such thing, or the credentials of the VCS agent do not show it.'
    default:
      return ''
  }
}

const saidSchema = z.object({
  detail: z.string().optional(),
  message: z.string().optional(),
  error: z.string().optional(),
})

/** What an error body says in words, on one short line. */
function saidBy(text: string): string {
  const said = saidSchema.safeParse(parseJson(text))
  if (!said.success) return ''
  const words = said.data.detail ?? said.data.message ?? said.data.error ?? ''
  return words.replaceAll(/\s+/gu, ' ').trim().slice(0, 300)
}

function headerOf(answer: RelayAnswer, name: string): string | undefined {
  return answer.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText(body: Readable | undefined, maxBytes: number): Promise<string> {
  if (body === undefined) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('A stream of bytes was expected')
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

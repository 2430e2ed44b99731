import { ApiError, ProtocolError, translateFailure } from '@scalr-agent/core'
import type { Dispatcher } from 'undici'
import type { z } from 'zod'

export interface AppCall<T> {
  readonly jwt: string
  readonly signal: AbortSignal
  readonly schema: z.ZodType<T>
}

const maxAnswerBytes = 256 * 1024
const timeoutMs = 30_000

/** The few calls that a GitHub App makes for itself. */
export class GithubAppApi {
  readonly #url: URL
  readonly #dispatcher: Dispatcher

  constructor(url: URL, dispatcher: Dispatcher) {
    this.#url = url
    this.#dispatcher = dispatcher
  }

  /** @throws {@link ApiError}, {@link ProtocolError} or an error of the network, none with a token in it */
  async call<T>(method: 'GET' | 'POST', path: string, call: AppCall<T>): Promise<T> {
    const subject = `Cannot get a token for the GitHub App (${method} ${path})`
    try {
      const answer = await this.#dispatcher.request({
        origin: this.#url.origin,
        path: `${this.#url.pathname.replace(/\/$/u, '')}/api/v3${path}`,
        method,
        headers: {
          authorization: `Bearer ${call.jwt}`,
          accept: 'application/vnd.github+json',
          'user-agent': 'scalr-agent-vcs-relay',
        },
        signal: call.signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      const text = await readBounded(answer.body, subject)
      if (answer.statusCode >= 300) throw refused(subject, method, path, answer.statusCode)
      const parsed = call.schema.safeParse(parseJson(text, subject))
      if (parsed.success) return parsed.data
      throw new ProtocolError(`${subject}: the answer is not what GitHub describes.`)
    } catch (error) {
      throw translateFailure(error, { subject, host: this.#url.host }).error
    }
  }
}

function refused(subject: string, method: string, path: string, status: number): ApiError {
  const advice: Readonly<Record<number, string>> = {
    401: 'Check the app id, its private key and the clock of this machine.',
    403: 'The App or its installation is suspended, or a rate limit is used up.',
    404: 'The App is not installed there. Install it, or correct `installationId`.',
  }
  return new ApiError(
    `${subject}: GitHub answered ${status}. ${advice[status] ?? 'Look at the logs of GitHub.'}`,
    { method, path, status },
  )
}

async function readBounded(body: AsyncIterable<Buffer>, subject: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) {
      throw new ProtocolError(`${subject}: the answer is too large.`, { code: 'TOO_LARGE' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProtocolError(`${subject}: the answer is not JSON.`)
  }
}

import { readFile } from 'node:fs/promises'

import { Agent, request } from 'undici'

import { ConfigurationError } from '../errors/index.ts'
import { AddressList } from './address-list.ts'

const mostBytes = 1024 ** 2
const timeoutMs = 10_000

/**
 * Addresses of a text file, or of an HTTPS URL such as `https://scalr.io/.well-known/allowlist.txt`: addresses and
 * networks, one a line; `#` begins a comment. For `allow` of {@link createReceiver}. Load it again when you restart.
 *
 * @throws `ConfigurationError` when it cannot be read, holds anything else, or nothing
 */
export async function loadAllowlist(
  source: string,
  options: { readonly caCert?: string } = {},
): Promise<readonly string[]> {
  const text = /^https?:\/\//iu.test(source) ? await download(source, options) : await read(source)
  const entries = text
    .split(/[\r\n]+/u)
    .map((line) => line.replace(/#.*$/u, ''))
    .flatMap((line) => line.split(/[\s,]+/u))
    .filter((entry) => entry !== '')
  if (entries.length === 0) {
    throw new ConfigurationError(
      `Cannot use the allow-list ${source}: it names no address, so nobody could call.`,
    )
  }
  try {
    void new AddressList(entries)
  } catch (error) {
    throw new ConfigurationError(`Cannot use the allow-list ${source}: ${messageOf(error)}`, {
      cause: error,
    })
  }
  return entries
}

async function read(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigurationError(
      `Cannot read the allow-list ${path}: ${messageOf(cause)}. Check the path and its permissions.`,
      { cause },
    )
  })
}

async function download(url: string, { caCert }: { readonly caCert?: string }): Promise<string> {
  if (!url.startsWith('https:')) {
    throw new ConfigurationError(
      `Cannot use the allow-list ${url}: whoever answers would decide who may call. Use https.`,
    )
  }
  await using dispatcher = disposable(
    new Agent({ connect: caCert === undefined ? {} : { ca: caCert } }),
  )
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: dispatcher.agent,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (statusCode !== 200) throw new Error(`it answered ${statusCode}`)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk)
      length += bytes.byteLength
      if (length > mostBytes) throw new Error(`it is longer than ${mostBytes} bytes`)
      chunks.push(bytes)
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot load the allow-list ${url}: ${messageOf(cause)}. Check the URL and the way there, or save it to a file and name that.`,
      { cause },
    )
  }
}

function disposable(agent: Agent): AsyncDisposable & { readonly agent: Agent } {
  return { agent, [Symbol.asyncDispose]: async () => await agent.destroy() }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

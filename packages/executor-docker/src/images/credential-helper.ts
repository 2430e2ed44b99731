import { spawn } from 'node:child_process'

import { z } from 'zod'

/** Longest that a helper may take: some open a keychain, or ask a cloud. */
const helperLimitMs = 30_000
const outputLimitBytes = 1024 ** 2

const answerSchema = z.looseObject({ Username: z.string(), Secret: z.string() })

/** What a helper knows of a registry. An identity token has the user `<token>`. */
export interface HelperCredentials {
  readonly username: string
  readonly secret: string
}

/** A helper that failed; the message says which and why, never what it printed on its output. */
export class CredentialHelperError extends Error {
  override readonly name = 'CredentialHelperError'
}

/**
 * Asks `docker-credential-<name> get`, as Docker's client does.
 *
 * @returns `undefined` when the helper has nothing for this registry
 * @throws {@link CredentialHelperError}
 */
export async function askCredentialHelper(
  name: string,
  registry: string,
  options: {
    readonly env?: Readonly<Record<string, string | undefined>> | undefined
    readonly signal: AbortSignal
  },
): Promise<HelperCredentials | undefined> {
  const { env, signal } = options
  const program = `docker-credential-${name}`
  // It becomes the name of a program.
  if (!/^[\w.-]+$/u.test(name)) {
    throw new CredentialHelperError(`'${name}' is no name of a credential helper.`)
  }
  const { code, output, complaint } = await run(program, registry, { env, signal })
  if (code !== 0) {
    // So do all helpers say that they have none.
    if (/credentials not found/iu.test(output)) return undefined
    throw new CredentialHelperError(
      `\`${program}\` failed for ${registry} (exit code ${code ?? 'none'})${complaint === '' ? '' : `: ${complaint}`}.`,
    )
  }
  const parsed = answerSchema.safeParse(parseJson(output))
  if (!parsed.success) {
    throw new CredentialHelperError(
      `\`${program}\` answered for ${registry} with what is no credential.`,
    )
  }
  const { Username: username, Secret: secret } = parsed.data
  return username === '' && secret === '' ? undefined : { username, secret }
}

interface HelperAnswer {
  readonly code: number | null
  readonly output: string
  /** First line of standard error. */
  readonly complaint: string
}

async function run(
  program: string,
  input: string,
  options: {
    readonly env?: Readonly<Record<string, string | undefined>> | undefined
    readonly signal: AbortSignal
  },
): Promise<HelperAnswer> {
  const limit = AbortSignal.timeout(helperLimitMs)
  const signal = AbortSignal.any([options.signal, limit])
  return await new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env: options.env, signal, killSignal: 'SIGKILL' })
    let output = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (output.length < outputLimitBytes) output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (complaint.length < 1000) complaint += chunk
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (options.signal.aborted) reject(options.signal.reason)
      else if (limit.aborted) {
        reject(
          new CredentialHelperError(
            `\`${program}\` did not answer within ${helperLimitMs / 1000} s.`,
          ),
        )
      } else {
        const why =
          error.code === 'ENOENT'
            ? 'is not in PATH'
            : `cannot be started (${error.code ?? error.message})`
        reject(new CredentialHelperError(`\`${program}\` ${why}.`))
      }
    })
    child.on('close', (code) => {
      resolve({ code, output, complaint: complaint.trim().split('\n')[0] ?? '' })
    })
    // A helper that reads nothing closes the pipe.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

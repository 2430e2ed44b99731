import { isVersion } from '../version.ts'
import { parseProviderAddress, type ProviderAddress } from './provider-address.ts'
import { LockFileSyntaxError, lockTokens, type LockToken } from './lock-tokens.ts'

/** A provider that a lock file pins. */
export interface LockedProvider extends ProviderAddress {
  readonly version: string
  readonly hashes: readonly string[]
}

/** Lock files of real configurations have some tens of providers. */
const maxProviders = 200
const maxBytes = 1024 ** 2
const hashPattern = /^[a-z][a-z0-9]{0,15}:[\w+/=.-]{1,200}$/u

/**
 * Reads a dependency lock file (`.terraform.lock.hcl`) as `terraform init` and `tofu init` write it.
 * Strict, since what it names decides what is fetched: whatever is not understood is an error.
 *
 * @throws {@link LockFileSyntaxError}
 */
export function parseLockFile(text: string): readonly LockedProvider[] {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new LockFileSyntaxError(1, `the file is larger than ${maxBytes} bytes`)
  }
  const reader = new TokenReader(lockTokens(text))
  const providers = new Map<string, LockedProvider>()
  for (;;) {
    reader.skipNewlines()
    const token = reader.next()
    if (token.kind === 'end') return [...providers.values()]
    if (token.kind !== 'word' || token.text !== 'provider') {
      throw new LockFileSyntaxError(token.line, 'expected a block "provider"')
    }
    const address = reader.string('the address of a provider')
    const parsed = parseProviderAddress(address)
    if (parsed === undefined) {
      throw new LockFileSyntaxError(
        token.line,
        'the address is not of the form host/namespace/type',
      )
    }
    if (providers.has(address)) throw new LockFileSyntaxError(token.line, 'a provider stands twice')
    if (providers.size >= maxProviders) {
      throw new LockFileSyntaxError(token.line, `more than ${maxProviders} providers`)
    }
    providers.set(address, { ...parsed, ...readBody(reader) })
  }
}

function readBody(reader: TokenReader): { version: string; hashes: readonly string[] } {
  reader.mark('{')
  reader.newline()
  const seen = new Set<string>()
  let version: string | undefined
  let hashes: readonly string[] = []
  for (;;) {
    reader.skipNewlines()
    const token = reader.next()
    if (token.kind === 'mark' && token.text === '}') {
      reader.newline()
      if (version === undefined) throw new LockFileSyntaxError(token.line, 'a version is missing')
      return { version, hashes }
    }
    const name = token.kind === 'word' ? token.text : ''
    if (seen.has(name)) throw new LockFileSyntaxError(token.line, 'an argument stands twice')
    seen.add(name)
    reader.mark('=')
    switch (name) {
      case 'version':
        version = reader.string('a version')
        if (!isVersion(version)) {
          throw new LockFileSyntaxError(token.line, 'the version is not of the form 1.2.3')
        }
        break
      case 'constraints':
        reader.string('constraints')
        break
      case 'hashes':
        hashes = readHashes(reader)
        break
      default:
        throw new LockFileSyntaxError(token.line, 'an argument that lock files do not have')
    }
    reader.newline()
  }
}

function readHashes(reader: TokenReader): readonly string[] {
  reader.mark('[')
  const hashes: string[] = []
  for (;;) {
    reader.skipNewlines()
    const token = reader.next()
    if (token.kind === 'mark' && token.text === ']') return hashes
    if (token.kind !== 'string' || !hashPattern.test(token.text)) {
      throw new LockFileSyntaxError(token.line, 'expected a hash such as "h1:…"')
    }
    hashes.push(token.text)
    reader.skipNewlines()
    const after = reader.next()
    if (after.kind === 'mark' && after.text === ']') return hashes
    if (after.kind !== 'mark' || after.text !== ',') {
      throw new LockFileSyntaxError(after.line, 'expected a comma or the end of the list')
    }
  }
}

class TokenReader {
  readonly #tokens: readonly LockToken[]
  #at = 0

  constructor(tokens: readonly LockToken[]) {
    this.#tokens = tokens
  }

  next(): LockToken {
    const token = this.#tokens[this.#at] ?? { kind: 'end', line: 0 }
    this.#at += 1
    return token
  }

  skipNewlines(): void {
    while (this.#tokens[this.#at]?.kind === 'newline') this.#at += 1
  }

  string(what: string): string {
    const token = this.next()
    if (token.kind === 'string') return token.text
    throw new LockFileSyntaxError(token.line, `expected ${what} as a string`)
  }

  mark(text: string): void {
    const token = this.next()
    if (token.kind !== 'mark' || token.text !== text) {
      throw new LockFileSyntaxError(token.line, `expected '${text}'`)
    }
  }

  newline(): void {
    const token = this.next()
    if (token.kind !== 'newline' && token.kind !== 'end') {
      throw new LockFileSyntaxError(token.line, 'expected a new line')
    }
  }
}

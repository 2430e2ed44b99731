import { policyLevelSchema, type PolicyLevel } from '@scalr-agent/core/protocol'

import {
  manifestTokens,
  PolicyManifestError,
  type ManifestToken,
} from './policy-manifest-tokens.ts'

/** One `policy` block. */
export interface DeclaredPolicy {
  /** Name of the Rego file, without its suffix. */
  readonly name: string
  readonly enabled: boolean
  readonly level: PolicyLevel
  readonly line: number
}

const levels = policyLevelSchema.options.map((level) => `"${level}"`).join(', ')

/**
 * Reads `scalr-policy.hcl`: `version = "v1"` and a `policy "<name>"` block for each policy with
 * `enforcement_level` and, if need be, `enabled`. Of HCL it takes what such a file needs, and refuses all
 * else: a typing error must not switch a policy off.
 *
 * @throws {@link PolicyManifestError} with the line
 */
export function parsePolicyManifest(text: string): readonly DeclaredPolicy[] {
  const tokens = new Tokens(manifestTokens(text))
  const policies: DeclaredPolicy[] = []
  let hasVersion = false
  for (;;) {
    tokens.skipLines()
    const token = tokens.take()
    if (token.kind === 'end') break
    if (token.kind !== 'word') throw unexpected(token, 'version or policy')
    switch (token.text) {
      case 'version':
        if (hasVersion) throw new PolicyManifestError(token.line, 'version is set twice')
        hasVersion = true
        readVersion(tokens)
        break
      case 'policy': {
        const policy = readPolicy(tokens, token.line)
        const same = policies.find(({ name }) => name === policy.name)
        if (same !== undefined) {
          throw new PolicyManifestError(
            policy.line,
            `policy "${policy.name}" is declared twice, first in line ${same.line}`,
          )
        }
        policies.push(policy)
        break
      }
      default:
        throw unexpected(token, 'version or policy')
    }
  }
  if (!hasVersion) throw new PolicyManifestError(1, 'version is missing: version = "v1"')
  if (policies.length === 0) throw new PolicyManifestError(1, 'no policy is declared')
  return policies
}

function readVersion(tokens: Tokens): void {
  tokens.expect('=')
  const value = tokens.take()
  if (value.kind !== 'string' || value.text !== 'v1') {
    throw new PolicyManifestError(value.line, 'version must be "v1"')
  }
  tokens.expectLineEnd()
}

function readPolicy(tokens: Tokens, line: number): DeclaredPolicy {
  const name = tokens.take()
  if (name.kind !== 'string') throw unexpected(name, 'the name of the policy in quotes')
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}$/u.test(name.text)) {
    throw new PolicyManifestError(
      name.line,
      `${JSON.stringify(name.text)} is no name of a policy: it names the file <name>.rego, in letters, digits, '_', '-' and '.'`,
    )
  }
  tokens.expect('{')
  let enabled: boolean | undefined
  let level: PolicyLevel | undefined
  for (;;) {
    tokens.skipLines()
    const token = tokens.take()
    if (token.kind === '}') break
    if (token.kind !== 'word') throw unexpected(token, 'enabled, enforcement_level or }')
    tokens.expect('=')
    const value = tokens.take()
    switch (token.text) {
      case 'enabled':
        if (enabled !== undefined) throw new PolicyManifestError(token.line, 'enabled is set twice')
        enabled = readFlag(value)
        break
      case 'enforcement_level':
        if (level !== undefined) {
          throw new PolicyManifestError(token.line, 'enforcement_level is set twice')
        }
        level = readLevel(value)
        break
      default:
        throw unexpected(token, 'enabled, enforcement_level or }')
    }
    if (tokens.peek().kind !== '}') tokens.expectLineEnd()
  }
  tokens.expectLineEnd()
  if (level === undefined) {
    throw new PolicyManifestError(
      line,
      `policy "${name.text}" has no enforcement_level: one of ${levels}`,
    )
  }
  return { name: name.text, enabled: enabled ?? true, level, line }
}

function readFlag(value: ManifestToken): boolean {
  if (value.kind === 'word' && (value.text === 'true' || value.text === 'false')) {
    return value.text === 'true'
  }
  throw unexpected(value, 'true or false')
}

function readLevel(value: ManifestToken): PolicyLevel {
  const level = policyLevelSchema.safeParse(value.kind === 'string' ? value.text : undefined)
  if (level.success) return level.data
  throw unexpected(value, `one of ${levels}`)
}

function unexpected(token: ManifestToken, wanted: string): PolicyManifestError {
  const found =
    token.kind === 'end'
      ? 'the end of the file'
      : token.kind === 'line'
        ? 'the end of the line'
        : JSON.stringify(token.text.slice(0, 50))
  return new PolicyManifestError(token.line, `expected ${wanted}, but found ${found}`)
}

class Tokens {
  readonly #tokens: readonly ManifestToken[]
  #next = 0

  constructor(tokens: readonly ManifestToken[]) {
    this.#tokens = tokens
  }

  /** The last one is the end, and stays. */
  peek(): ManifestToken {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]
    if (token === undefined) throw new TypeError('There is always an end')
    return token
  }

  take(): ManifestToken {
    const token = this.peek()
    this.#next += 1
    return token
  }

  skipLines(): void {
    while (this.peek().kind === 'line') this.#next += 1
  }

  expect(kind: ManifestToken['kind']): void {
    const token = this.take()
    if (token.kind !== kind) throw unexpected(token, kind)
  }

  expectLineEnd(): void {
    const token = this.peek()
    if (token.kind === 'end') return
    if (token.kind !== 'line') throw unexpected(token, 'the end of the line')
    this.#next += 1
  }
}

import { createHmac } from 'node:crypto'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { HeaderPairs } from '../../../src/relay-exchange.ts'
import { replayWindowMs, verifyWebhook } from '../../../src/webhooks/signatures/index.ts'
import type { VcsKind } from '../../../src/policy/index.ts'

const hex = (secret: string, body: Uint8Array): string =>
  createHmac('sha256', secret).update(body).digest('hex')
const now = new Date('2026-11-22T12:00:00Z')

function verdict(
  kind: VcsKind,
  secrets: readonly string[],
  headers: HeaderPairs,
  body: string | Uint8Array = 'Hello, World!',
  at = now,
): string | undefined {
  return verifyWebhook({ kind, secrets, headers, body: Buffer.from(body), now: at })
}

describe('GitHub', () => {
  const secret = "It's a Secret to Everybody"
  const good = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'

  it("takes the example of GitHub's documentation", () => {
    expect(verdict('github-enterprise', [secret], [['X-Hub-Signature-256', good]])).toBeUndefined()
  })

  it('takes any of several secrets', () => {
    const headers = [['x-hub-signature-256', good]] as const
    expect(verdict('github-enterprise', ['another secret', secret], headers)).toBeUndefined()
  })

  it.each([
    ['another body', [['X-Hub-Signature-256', good]], 'Hello, World?'],
    ['no signature', [], 'Hello, World!'],
    ['an empty one', [['X-Hub-Signature-256', '']], 'Hello, World!'],
    ['SHA-1 alone', [['X-Hub-Signature', 'sha1=0000']], 'Hello, World!'],
    ['the digest without its prefix', [['X-Hub-Signature-256', good.slice(7)]], 'Hello, World!'],
    ['a shorter digest', [['X-Hub-Signature-256', good.slice(0, -2)]], 'Hello, World!'],
    [
      'two signatures, of which one is right',
      [
        ['X-Hub-Signature-256', good],
        ['x-hub-signature-256', `sha256=${'0'.repeat(64)}`],
      ],
      'Hello, World!',
    ],
  ] as const)('refuses %s', (_, headers, body) => {
    expect(verdict('github-enterprise', [secret], headers, body)).toBeTypeOf('string')
  })

  it('takes what was signed with its secret and nothing that differs in one byte', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.string({ minLength: 8 }),
        fc.nat(),
        (body, key, at) => {
          const headers = [['X-Hub-Signature-256', `sha256=${hex(key, body)}`]] as const
          expect(verdict('github-enterprise', [key], headers, body)).toBeUndefined()
          const changed = Uint8Array.from(body)
          const index = at % body.length
          changed[index] = (changed[index] ?? 0) ^ 1
          expect(verdict('github-enterprise', [key], headers, changed)).toBeTypeOf('string')
        },
      ),
    )
  })
})

describe('Bitbucket Data Center and Gitea', () => {
  const body = Buffer.from('{}')
  const digest = hex('a secret of ours', body)

  it('Bitbucket signs under the old name with the new digest', () => {
    const headers = [['X-Hub-Signature', `sha256=${digest}`]] as const
    expect(verdict('bitbucket-data-center', ['a secret of ours'], headers, body)).toBeUndefined()
    expect(verdict('bitbucket-data-center', ['another one'], headers, body)).toBeTypeOf('string')
  })

  it.each(['X-Gitea-Signature', 'X-Forgejo-Signature'])('Gitea signs in %s', (name) => {
    expect(verdict('gitea', ['a secret of ours'], [[name, digest]], body)).toBeUndefined()
    expect(verdict('gitea', ['a secret of others'], [[name, digest]], body)).toBeTypeOf('string')
  })

  it("Gitea's own signature counts where it is there, even if GitHub's would fit", () => {
    const headers = [
      ['X-Gitea-Signature', '0'.repeat(64)],
      ['X-Hub-Signature-256', `sha256=${digest}`],
    ] as const
    expect(verdict('gitea', ['a secret of ours'], headers, body)).toBeTypeOf('string')
    expect(verdict('gitea', ['a secret of ours'], headers.slice(1), body)).toBeUndefined()
  })
})

describe('GitLab', () => {
  it('compares the plain token', () => {
    const headers = [['X-Gitlab-Token', 'token-of-a-hook']] as const
    expect(verdict('gitlab', ['token-of-a-hook'], headers)).toBeUndefined()
    expect(verdict('gitlab', ['token-of-another'], headers)).toBeTypeOf('string')
    expect(verdict('gitlab', ['token-of-a-hook'], [])).toBeTypeOf('string')
    expect(verdict('gitlab', ['token-of-a-hook'], [...headers, ...headers])).toBeTypeOf('string')
  })

  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const body = '{"test": 2432232314}'
  const at = new Date(1_614_265_330_000)
  const signed = (changes: Record<string, string> = {}): HeaderPairs =>
    Object.entries({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      ...changes,
    })

  it('takes the example of Standard Webhooks', () => {
    expect(verdict('gitlab', [key], signed(), body, at)).toBeUndefined()
  })

  it('takes one fitting signature among several, of versions that it does not know too', () => {
    const list = 'v1a,AAAA v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    expect(
      verdict('gitlab', [key], signed({ 'webhook-signature': list }), body, at),
    ).toBeUndefined()
  })

  it('refuses a replay, and one from the future', () => {
    const late = new Date(at.getTime() + replayWindowMs + 1000)
    const early = new Date(at.getTime() - replayWindowMs - 1000)
    expect(verdict('gitlab', [key], signed(), body, late)).toContain('replay')
    expect(verdict('gitlab', [key], signed(), body, early)).toBeTypeOf('string')
    const edge = new Date(at.getTime() + replayWindowMs)
    expect(verdict('gitlab', [key], signed(), body, edge)).toBeUndefined()
  })

  it.each([
    ['another id', { 'webhook-id': 'msg_2' }],
    ['another time', { 'webhook-timestamp': '1614265331' }],
    ['a time that is no number', { 'webhook-timestamp': '1614265330.0' }],
    [
      'another version alone',
      { 'webhook-signature': 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
    ],
    ['no signature', { 'webhook-signature': '' }],
  ])('refuses %s', (_, changes) => {
    expect(verdict('gitlab', [key], signed(changes), body, at)).toBeTypeOf('string')
  })

  it('a plain token is not enough where a signing key is known and a signature is there', () => {
    const headers = [
      ...signed({ 'webhook-id': 'msg_2' }),
      ['x-gitlab-token', 'plain-token'],
    ] as const
    expect(verdict('gitlab', [key, 'plain-token'], headers, body, at)).toBeTypeOf('string')
    expect(verdict('gitlab', [key], [['x-gitlab-token', key]], body, at)).toBeTypeOf('string')
  })
})

it('I12: no reason tells a secret or what was expected', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<VcsKind>('github-enterprise', 'gitlab', 'bitbucket-data-center', 'gitea'),
      fc.array(
        fc.tuple(
          fc.constantFrom(
            'X-Hub-Signature-256',
            'X-Hub-Signature',
            'X-Gitea-Signature',
            'X-Gitlab-Token',
            'webhook-id',
            'webhook-timestamp',
            'webhook-signature',
          ),
          fc.string(),
        ),
      ),
      (kind, headers) => {
        const secrets = ['canary-4f1c-secret', 'whsec_Y2FuYXJ5LTRmMWMtc2VjcmV0']
        const reason = verdict(kind, secrets, headers) ?? ''
        for (const secret of secrets) expect(reason).not.toContain(secret)
        expect(reason).not.toMatch(/[0-9a-f]{32}/u)
      },
    ),
  )
})

import { createHmac } from 'node:crypto'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isSigned, readEvent } from '../../src/vcs/events/index.ts'

type Headers = [string, string][]

const webhook = (headers: Headers, body: unknown) => ({
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const github = (event: string, body: unknown) => webhook([['x-github-event', event]], body)
const repository = { full_name: 'acme/infra' }
const project = { path_with_namespace: 'acme/sub/infra' }

describe('readEvent', () => {
  it.each([
    [
      'a push of GitHub',
      readEvent(
        'github',
        github('push', { ref: 'refs/heads/feature/x', repository, sender: { login: 'octocat' } }),
      ),
      { kind: 'push', repository: 'acme/infra', branch: 'feature/x', sender: 'octocat' },
    ],
    [
      'a tag of GitHub',
      readEvent('github', github('push', { ref: 'refs/tags/v1.0.0', repository })),
      { kind: 'tag', repository: 'acme/infra', tag: 'v1.0.0' },
    ],
    [
      'a pull request of GitHub',
      readEvent('github', github('pull_request', { action: 'opened', number: 7, repository })),
      { kind: 'pull-request', repository: 'acme/infra', number: 7, sender: null },
    ],
    [
      'a push of Gitea',
      readEvent(
        'gitea',
        webhook([['X-Gitea-Event', 'push']], { ref: 'refs/heads/main', repository }),
      ),
      { kind: 'push', repository: 'acme/infra', branch: 'main', sender: null },
    ],
    [
      'new commits of a pull request of Gitea',
      readEvent(
        'gitea',
        webhook([['X-Gitea-Event', 'pull_request']], {
          action: 'synchronized',
          number: 3,
          repository,
        }),
      ),
      { kind: 'pull-request', repository: 'acme/infra', number: 3, sender: null },
    ],
    [
      'a push of GitLab',
      readEvent(
        'gitlab',
        webhook([], {
          object_kind: 'push',
          ref: 'refs/heads/main',
          project,
          user_username: 'ann',
        }),
      ),
      { kind: 'push', repository: 'acme/sub/infra', branch: 'main', sender: 'ann' },
    ],
    [
      'a tag of GitLab',
      readEvent('gitlab', webhook([], { object_kind: 'tag_push', ref: 'refs/tags/v1', project })),
      { kind: 'tag', repository: 'acme/sub/infra', tag: 'v1' },
    ],
    [
      'a merge request of GitLab',
      readEvent(
        'gitlab',
        webhook([], {
          object_kind: 'merge_request',
          project,
          object_attributes: { iid: 5, action: 'update' },
        }),
      ),
      { kind: 'pull-request', repository: 'acme/sub/infra', number: 5, sender: null },
    ],
    ['a ping', readEvent('github', github('ping', { zen: '' })), undefined],
    [
      'a pull request that was labeled',
      readEvent('github', github('pull_request', { action: 'labeled', number: 7, repository })),
      undefined,
    ],
    ['notes', readEvent('github', github('push', { ref: 'refs/notes/x', repository })), undefined],
  ])('reads %s', (_what, found, wanted) => {
    expect(found).toEqual(wanted)
  })

  it('reads the form in which GitHub sends on request', () => {
    const payload = JSON.stringify({ ref: 'refs/heads/main', repository })
    const form = webhook(
      [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['X-GitHub-Event', 'push'],
      ],
      new URLSearchParams({ payload }).toString(),
    )
    expect(readEvent('github', form)).toMatchObject({ kind: 'push', branch: 'main' })
  })

  it('throws for what is none of that forge, whatever comes', () => {
    expect(() => readEvent('github', github('push', {}))).toThrow()
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('github', 'gitlab', 'gitea'), (body, api) => {
        try {
          readEvent(api, github('push', body))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })
})

describe('isSigned', () => {
  const secret = "It's a Secret to Everybody"

  it('knows the signature of GitHub’s documentation', () => {
    const signed = (signature: string) =>
      isSigned('github', webhook([['X-Hub-Signature-256', signature]], 'Hello, World!'), secret)
    const good = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
    expect(signed(good)).toBe(true)
    expect(signed(good.replace('757', '758'))).toBe(false)
    expect(signed(good.slice('sha256='.length))).toBe(false)
    expect(signed('')).toBe(false)
  })

  it('knows those of Gitea and GitLab, and refuses what has none', () => {
    const mac = createHmac('sha256', secret).update('x').digest('hex')
    expect(isSigned('gitea', webhook([['X-Gitea-Signature', mac]], 'x'), secret)).toBe(true)
    expect(isSigned('gitea', webhook([['X-Gitea-Signature', mac]], 'y'), secret)).toBe(false)
    expect(isSigned('gitlab', webhook([['X-Gitlab-Token', secret]], 'x'), secret)).toBe(true)
    expect(isSigned('gitlab', webhook([['X-Gitlab-Token', `${secret}x`]], 'x'), secret)).toBe(false)
    for (const api of ['github', 'gitea', 'gitlab'] as const) {
      expect(isSigned(api, webhook([], 'x'), secret)).toBe(false)
    }
  })

  it('knows the newer signature of GitLab, over id, time and body', () => {
    const key = Buffer.alloc(32, 7)
    const mac = createHmac('sha256', key).update('id-1.1700000000.body').digest('base64')
    const signed = (id: string) =>
      isSigned(
        'gitlab',
        webhook(
          [
            ['webhook-id', id],
            ['webhook-timestamp', '1700000000'],
            ['webhook-signature', `v1,other v1,${mac}`],
          ],
          'body',
        ),
        `whsec_${key.toString('base64')}`,
      )
    expect(signed('id-1')).toBe(true)
    expect(signed('id-2')).toBe(false)
  })
})

import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { ConfigurationError } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  createVcsHandler,
  type CredentialsOptions,
  type VcsHandler,
  type VcsKind,
} from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { answerWith, RawServer } from '../support/raw-server.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const targets: Readonly<Record<VcsKind, readonly [rest: string, git: string]>> = {
  'github-enterprise': ['/api/v3/repos/a/b', '/a/b.git/info/refs?service=git-upload-pack'],
  gitlab: ['/api/v4/projects/a%2Fb', '/a/b.git/info/refs?service=git-upload-pack'],
  gitea: ['/api/v1/repos/a/b', '/a/b.git/info/refs?service=git-upload-pack'],
  'bitbucket-data-center': [
    '/rest/api/latest/projects/a/repos/b',
    '/scm/a/b.git/info/refs?service=git-upload-pack',
  ],
}

let server: RawServer
let directory: string
beforeAll(async () => {
  server = await RawServer.listen()
  directory = await mkdtemp(join(tmpdir(), 'relay-credentials-'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const make = (kind: VcsKind, credentials: CredentialsOptions): VcsHandler =>
  createVcsHandler({ kind, url: server.url, credentials })

async function sent(handler: VcsHandler, target: string): Promise<string | undefined> {
  await ask(handler, target)
  return server.requests
    .at(-1)
    ?.headLines.find((line) => /^(?:authorization|private-token):/iu.test(line))
}

const basic = (text: string): string =>
  `Authorization: Basic ${Buffer.from(text).toString('base64')}`

describe('credentials are sent as the server wants them, to REST and to git', () => {
  const token: CredentialsOptions = { type: 'token', token: 't0ken' }
  const password: CredentialsOptions = { type: 'basic', username: 'jane', password: 'sécret:x' }
  it.each<readonly [VcsKind, CredentialsOptions, rest: string, git: string]>([
    ['github-enterprise', token, 'Authorization: Bearer t0ken', basic('x-access-token:t0ken')],
    ['gitlab', token, 'PRIVATE-TOKEN: t0ken', basic('oauth2:t0ken')],
    ['gitea', token, 'Authorization: token t0ken', basic('x-access-token:t0ken')],
    ['bitbucket-data-center', token, 'Authorization: Bearer t0ken', basic('x-token-auth:t0ken')],
    [
      'gitlab',
      { type: 'bearer', token: 't0ken' },
      'Authorization: Bearer t0ken',
      'Authorization: Bearer t0ken',
    ],
    ['gitea', password, basic('jane:sécret:x'), basic('jane:sécret:x')],
  ])('%s: %o', async (kind, credentials, rest, git) => {
    await using handler = make(kind, credentials)
    expect(await sent(handler, targets[kind][0])).toBe(rest)
    expect(await sent(handler, targets[kind][1])).toBe(git)
  })

  it('or not at all', async () => {
    await using handler = make('gitlab', { type: 'none' })
    expect(await sent(handler, targets.gitlab[0])).toBeUndefined()
  })
})

describe('a secret in a file', () => {
  it('is read anew when the file is replaced or changed', async () => {
    const path = join(directory, 'token')
    await writeFile(path, 'first\n')
    await using handler = make('gitlab', { type: 'token', tokenFile: path })
    expect(await sent(handler, targets.gitlab[0])).toBe('PRIVATE-TOKEN: first')
    await writeFile(join(directory, 'next'), 'second')
    await rename(join(directory, 'next'), path)
    expect(await sent(handler, targets.gitlab[0])).toBe('PRIVATE-TOKEN: second')
    await writeFile(path, 'third-in-place')
    expect(await sent(handler, targets.gitlab[0])).toBe('PRIVATE-TOKEN: third-in-place')
  })

  it('may be a link that is turned, as Kubernetes does it', async () => {
    const link = join(directory, 'link')
    await writeFile(join(directory, 'old'), 'aaa')
    await writeFile(join(directory, 'new'), 'bbb')
    await symlink('old', link)
    await using handler = make('gitlab', { type: 'token', tokenFile: link })
    expect(await sent(handler, targets.gitlab[0])).toBe('PRIVATE-TOKEN: aaa')
    await symlink('new', join(directory, 'link2'))
    await rename(join(directory, 'link2'), link)
    expect(await sent(handler, targets.gitlab[0])).toBe('PRIVATE-TOKEN: bbb')
  })

  it.each([
    ['is missing', undefined, /ENOENT/u],
    ['is empty', ' \n', /it is empty/u],
    ['holds no token', 'a canary\nb', /blanks or characters/u],
  ])(
    'that %s: nothing is sent, and the answer says so without the secret',
    async (_what, content, reason) => {
      const path = join(directory, 'bad')
      await rm(path, { force: true })
      if (content !== undefined) await writeFile(path, content)
      await using handler = make('gitlab', { type: 'token', tokenFile: path })
      const before = server.requests.length
      const asked = await ask(handler, targets.gitlab[0])
      expect(asked).toMatchObject({ origin: 'agent', status: 502 })
      expect(asked.problem).toMatchObject({
        type: 'urn:scalr-agent:problem:vcs-credentials',
        fate: 'never-ran',
      })
      expect(asked.problem.detail).toMatch(reason)
      expect(asked.text).not.toContain('canary')
      expect(server.requests).toHaveLength(before)
    },
  )
})

describe('options that cannot be meant', () => {
  it.each<readonly [string, unknown]>([
    ['both the token and its file', { type: 'token', token: 'canary', tokenFile: 'b' }],
    ['neither', { type: 'token' }],
    ['another type', { type: 'ssh', token: 'canary' }],
    ['a colon in a user name', { type: 'basic', username: 'canary:b', password: 'canary' }],
    ['a misspelt name', { type: 'token', tokn: 'canary' }],
  ])('%s', (_what, credentials) => {
    const attempt = (): unknown => make('gitlab', credentials as CredentialsOptions)
    expect(attempt).toThrow(ConfigurationError)
    try {
      attempt()
    } catch (error) {
      expect(inspect(error, { depth: 10 })).not.toContain('canary')
    }
  })

  it('a GitHub App on another server', () => {
    expect(() => make('gitlab', { type: 'github-app', appId: 1, privateKey: 'x' })).toThrow(
      /it is gitlab/u,
    )
  })
})

describe('I12: no secret shows', () => {
  it('in logs, answers, errors and inspection, wherever it is planted', async () => {
    const logger = new RecordingLogger()
    await using echoing = await RawServer.listen((socket, request) => {
      const body = request.target.includes('missing') ? 'no' : 'ok'
      answerWith(body)(socket)
    })
    const options = {
      url: echoing.url,
      logger,
      credentials: { type: 'token', token: 'canary-token' },
    } as const
    await using gitlab = createVcsHandler({ kind: 'gitlab', ...options })
    const answers: unknown[] = []
    const headers = [
      ['Authorization', 'Bearer canary-header'],
      ['PRIVATE-TOKEN', 'canary-header'],
      ['Cookie', 'canary-header'],
      ['User-Agent', 'canary-agent'],
    ] as const
    for (const target of [
      '/api/v4/user',
      '/api/v4/user?private_token=canary-query',
      '/api/v4/user?canary-key=1',
      '/api/v4/projects?search=canary-value',
      '/api/v4/projects/a%2Fcanary-path/repository/files/canary-file?ref=canary-ref',
      '/canary-path?token=canary-query',
      '/api/v4/%2e%2e/canary',
      'http://canary-user:canary-password@evil.example/',
      '/api/v4/canary\r\nX: canary',
    ]) {
      answers.push(await ask(gitlab, target, { headers }))
      answers.push(await ask(gitlab, target, { headers, method: 'canary-method' }))
    }
    await echoing[Symbol.asyncDispose]()
    answers.push(await ask(gitlab, '/api/v4/projects/a%2Fcanary?statistics=canary', { headers }))

    expect(logger.records.length).toBe(19)
    expect(logger.text).not.toContain('canary')
    expect(JSON.stringify(answers)).not.toContain('canary')
    expect(inspect(gitlab, { depth: 10, showHidden: true })).not.toContain('canary')
    expect(
      logger.records.find(({ fields }) => fields['rule'] === 'gitlab.file')?.fields,
    ).toMatchObject({
      request: 'request-1',
      template: '/api/v4/projects/{project}/repository/files/{path}',
      queryKeys: ['ref'],
      origin: 'vcs',
      status: 200,
    })
  })
})

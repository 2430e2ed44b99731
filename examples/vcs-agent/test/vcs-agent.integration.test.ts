import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { WebhookRefusedError, WebhookSpool } from '@scalr-agent/vcs-relay'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = new URL('../src/main.ts', import.meta.url).pathname

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = `${part({ alg: 'none' })}.${part({ iss: 'http://127.0.0.1:9' })}.${part({ canary: 1 })}`

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vcs-agent-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly output: string
}

/** The daemon's program, as a shell starts it. */
function run(...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@scalr-agent/source', main, ...parameters],
      {
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
          SCALR_AGENT_VCS_CONFIG: join(directory, 'vcs.json'),
          SCALR_AGENT_DATA_DIR: join(directory, 'data'),
          SCALR_URL: 'http://127.0.0.1:9',
          SCALR_AGENT_TOKEN: token,
        },
      },
      (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` }),
    )
  })
}

const ghes = {
  kind: 'github-enterprise',
  url: 'https://github.example.test',
  credentials: { type: 'token', tokenFile: 'token' },
}

async function configure(config: unknown): Promise<void> {
  await writeFile(join(directory, 'vcs.json'), JSON.stringify(config))
  await writeFile(join(directory, 'token'), 'canary-of-the-forge\n')
}

describe('check', () => {
  it('asks each VCS on the way that requests go, and says what is wrong', async () => {
    const server = createServer((request, response) => {
      const isKnown = request.headers.authorization?.includes('canary-of-the-forge') === true
      const path = request.url ?? ''
      if (!isKnown) response.writeHead(401).end()
      else if (path === '/sub/api/v3/meta') response.writeHead(200).end('{}')
      else response.writeHead(404).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      // A policy that has no rule for versions.
      const policy = { rules: ['github.tarball'] }
      await configure({ vcs: { ghes: { ...ghes, url: `${url}/sub`, policy } } })
      expect(await run('check')).toMatchObject({
        code: 0,
        output: expect.stringContaining('answers, with these credentials'),
      })
      await configure({
        vcs: {
          moved: { ...ghes, url },
          stranger: { ...ghes, url: `${url}/sub`, credentials: { type: 'none' } },
          gone: { ...ghes, url: 'http://127.0.0.1:9' },
        },
      })
      const { code, output } = await run('check')
      expect(code).toBe(1)
      expect(output).toMatch(/^moved: the server answers 404/mu)
      expect(output).toMatch(/^stranger: the server answers 401/mu)
      expect(output).toMatch(/^gone: Cannot reach the VCS/mu)
      expect(output).not.toContain('canary')
    } finally {
      server.close()
      await once(server, 'close')
    }
  })
})

describe('explain', () => {
  it('says which rule allows a request, and which step refuses one', async () => {
    await configure({ vcs: { ghes: { ...ghes, policy: { allowedProjects: ['octo-org/*'] } } } })
    const allowed = await run('explain', 'GET', '/api/v3/repos/octo-org/infra/tarball/main')
    expect(allowed).toMatchObject({ code: 0, output: expect.stringContaining('github.tarball') })
    const refused = await run('explain', 'GET', '/api/v3/repos/octo-org/%2e%2e/tarball/main')
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('dot-segment') })
  })

  it('reads the policy from a file of its own', async () => {
    await writeFile(join(directory, 'policy.json'), '{"allowedProjects":["other/*"]}')
    await configure({ vcs: { ghes: { ...ghes, policyFile: 'policy.json' } } })
    const refused = await run('explain', 'GET', '/api/v3/repos/octo-org/infra')
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('allowed-projects') })
  })
})

describe('what a person has to change', () => {
  it.each([
    ['no file', undefined, 'Cannot read'],
    ['a misspelt option', { vcs: { ghes: { ...ghes, polcy: {} } } }, 'polcy'],
    ['an unknown kind', { vcs: { ghes: { ...ghes, kind: 'svn' } } }, 'kind'],
    [
      'a hook without a place to listen',
      { vcs: { ghes: { ...ghes, hook: { path: '/hooks/0123456789abcdef01234567' } } } },
      'webhooks',
    ],
    [
      'a hook that can be guessed',
      { vcs: { ghes: { ...ghes, hook: { path: '/hooks/ghes' } } }, webhooks: { port: 0 } },
      'can be guessed',
    ],
    [
      'a secret that is not there',
      {
        vcs: {
          ghes: {
            ...ghes,
            hook: { path: '/hooks/0123456789abcdef01234567', secretFiles: ['nowhere'] },
          },
        },
        webhooks: { port: 0 },
      },
      'nowhere',
    ],
  ])('%s ends it with 2, and says so', async (_, config, words) => {
    if (config !== undefined) await configure(config)
    const { code, output } = await run()
    expect(output).toContain(words)
    expect(code).toBe(2)
    for (const secret of ['canary', token]) expect(output).not.toContain(secret)
  })

  it('an unknown command shows what there is', async () => {
    const { code, output } = await run('serve')
    expect(code).toBe(2)
    expect(output).toContain('explain [VCS] METHOD TARGET')
  })
})

it('lists webhooks that were refused, and has one delivered after all', async () => {
  await configure({ vcs: { ghes } })
  const spoolDirectory = join(directory, 'data/webhooks')
  const refusing = {
    deliver: () => Promise.reject(new WebhookRefusedError('no VCS provider stands for it')),
  }
  let id: string
  {
    await using spool = await WebhookSpool.open({ directory: spoolDirectory, sink: refusing })
    const added = await spool.add({
      vcs: 'ghes',
      deliveryId: 'd-1',
      project: 'octo-org/infra',
      receivedAt: '2026-11-22T12:00:00.000Z',
      target: '/',
      headers: [],
      body: Buffer.from('{}'),
      signature: 'verified',
    })
    id = added.id
    await spool.untilEmpty()
    // A spool is one process's.
    const busy = await run('webhooks')
    expect(busy).toMatchObject({ code: 2, output: expect.stringContaining('another agent') })
  }
  const listed = await run('webhooks')
  expect(listed.output).toContain(`${id}  ghes`)
  expect(listed.output).toContain('no VCS provider stands for it')
  expect(await run('webhooks', 'retry', 'whk-none')).toMatchObject({ code: 1 })
  expect(await run('webhooks', 'retry', id)).toMatchObject({ code: 0 })
  expect((await run('webhooks')).output).toContain('0 parked, 1 waiting')
})

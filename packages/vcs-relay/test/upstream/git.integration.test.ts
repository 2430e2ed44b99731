import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createVcsHandler, type VcsHandler } from '../../src/index.ts'
import { serveGit } from '../support/git-backend.ts'
import { LoopbackRelay } from '../support/loopback-relay.ts'

const root = '/tools/gitlab'
const project = 'platform/teams/infra'
const branches = 120
let directory: string
let server: Server
let handler: VcsHandler
let relay: LoopbackRelay
let seen: { readonly line: string; readonly protocol: unknown; readonly encoding: unknown }[]
let head: string

const run = promisify(execFile)
async function git(args: readonly string[], cwd = directory): Promise<string> {
  const { stdout } = await run('git', args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    },
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout.trim()
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relay-git-'))
  const work = join(directory, 'work')
  await git(['init', '--quiet', '--initial-branch=main', work])
  for (let n = 0; n < 5; n++) {
    await writeFile(join(work, `blob-${n}`), randomBytes(600_000))
    await git(['add', '.'], work)
    await git(['commit', '--quiet', '-m', `commit ${n}`], work)
  }
  for (let n = 0; n < branches; n++) {
    await git(['commit', '--quiet', '--allow-empty', '-m', `branch ${n}`], work)
    await git(['branch', `feature/${n}`], work)
  }
  head = await git(['rev-parse', 'HEAD'], work)
  await mkdir(join(directory, 'repos', 'platform', 'teams'), { recursive: true })
  const bare = join(directory, 'repos', `${project}.git`)
  await git(['clone', '--quiet', '--bare', work, bare])
  await git(['config', 'uploadpack.allowFilter', 'true'], bare)
  await git(['config', 'http.receivepack', 'true'], bare)

  server = createServer((request, response) => {
    const { headers, method = '', url = '' } = request
    seen.push({
      line: `${method} ${url}`,
      protocol: headers['git-protocol'],
      encoding: headers['content-encoding'],
    })
    const basic = Buffer.from('oauth2:glpat-of-the-agent').toString('base64')
    if (headers.authorization !== `Basic ${basic}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="GitLab"' }).end()
    } else if (!url.split('?')[0]?.includes('.git/')) {
      // As GitLab does it.
      response.writeHead(301, { location: url.replace('/info/refs', '.git/info/refs') }).end()
    } else {
      request.url = url.slice(root.length)
      serveGit(join(directory, 'repos'), request, response)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  handler = createVcsHandler({
    kind: 'gitlab',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`,
    credentials: { type: 'token', token: 'glpat-of-the-agent' },
    policy: { allowedProjects: ['platform/**'] },
  })
  relay = await LoopbackRelay.listen(handler)
})
afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await handler[Symbol.asyncDispose]()
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true })
})

let clones = 0
async function clone(options: readonly string[], path = `${project}.git`): Promise<string> {
  seen = []
  clones += 1
  const to = join(directory, `clone-${clones}`)
  await git([
    ...options.slice(0, 2),
    'clone',
    '--quiet',
    ...options.slice(2),
    `${relay.url}${root}/${path}`,
    to,
  ])
  await git(['fsck', '--connectivity-only'], to)
  return to
}
const v2 = ['-c', 'protocol.version=2'] as const
const v0 = ['-c', 'protocol.version=0'] as const

describe('git through the handler', () => {
  it.each([
    ['v2', v2, 'version=2'],
    ['v0', v0, undefined],
  ])('clones everything by protocol %s', async (_name, options, protocol) => {
    const to = await clone(options)
    expect(await git(['rev-parse', 'HEAD'], to)).toBe(head)
    const refs = await git(['for-each-ref', 'refs/remotes/origin/feature'], to)
    expect(refs.split('\n')).toHaveLength(branches)
    expect(seen[0]).toMatchObject({
      line: `GET ${root}/${project}.git/info/refs?service=git-upload-pack`,
      protocol,
    })
    // What it wants of 120 branches is more than it sends uncompressed.
    expect(seen.at(-1)).toMatchObject({
      line: `POST ${root}/${project}.git/git-upload-pack`,
      encoding: 'gzip',
    })
  })

  it('clones a part: the newest commit', async () => {
    const to = await clone([...v2, '--depth=1'])
    expect(await git(['rev-list', '--count', 'HEAD'], to)).toBe('1')
    await git(['fetch', '--quiet', '--unshallow'], to)
    expect(Number(await git(['rev-list', '--count', 'HEAD'], to))).toBe(5 + branches)
  })

  it('clones a part: files when they are needed', async () => {
    const to = await clone([...v2, '--filter=blob:none', '--no-checkout'])
    const missing = await git(['rev-list', '--objects', '--missing=print', 'HEAD'], to)
    expect(missing.split('\n').filter((line) => line.startsWith('?'))).toHaveLength(5)
    await git(['checkout', '--quiet', 'HEAD', '--', 'blob-3'], to)
    const left = await git(['rev-list', '--objects', '--missing=print', 'HEAD'], to)
    expect(left.split('\n').filter((line) => line.startsWith('?'))).toHaveLength(4)
  })

  it('clones a part: one branch', async () => {
    const to = await clone([...v0, '--single-branch', '--branch=feature/7'])
    expect(await git(['rev-parse', '--abbrev-ref', 'HEAD'], to)).toBe('feature/7')
  })

  it('several at once', async () => {
    await Promise.all([clone(v2), clone(v0), clone([...v2, '--depth=1'])])
  })

  it('follows to the name with .git, by itself', async () => {
    const to = await clone(v2, project)
    expect(await git(['rev-parse', 'HEAD'], to)).toBe(head)
    expect(seen.slice(0, 2).map(({ line }) => line)).toEqual([
      `GET ${root}/${project}/info/refs?service=git-upload-pack`,
      `GET ${root}/${project}.git/info/refs?service=git-upload-pack`,
    ])
  })

  it('fetches what is new', async () => {
    const to = await clone(v2)
    await git([
      'clone',
      '--quiet',
      join(directory, 'repos', `${project}.git`),
      join(directory, 'author'),
    ])
    await git(['commit', '--quiet', '--allow-empty', '-m', 'new'], join(directory, 'author'))
    await git(['push', '--quiet'], join(directory, 'author'))
    await git(['fetch', '--quiet'], to)
    expect(await git(['log', '-1', '--format=%s', 'origin/main'], to)).toBe('new')
  })

  it('cannot push, though the server would let it', async () => {
    const to = await clone(v2)
    await git(['commit', '--quiet', '--allow-empty', '-m', 'evil'], to)
    seen = []
    await expect(git(['push', '--quiet'], to)).rejects.toThrow(/403/u)
    expect(seen).toEqual([])
  })

  it('cannot clone what the policy does not hold', async () => {
    await expect(clone(v2, 'other/infra.git')).rejects.toThrow(/403/u)
    expect(seen).toEqual([])
  })
})

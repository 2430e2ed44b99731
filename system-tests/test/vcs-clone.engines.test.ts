import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { git, WorkTree } from './support/git.ts'
import { GitServer } from './support/git-server.ts'
import { RelayFront } from './support/relay-front.ts'
import { RelayScene, type SceneVcs } from './support/relay-scene.ts'

let root: string
let server: GitServer
let scene: RelayScene
let front: RelayFront
let vcs: SceneVcs
let tip: string
let smallTip: string
const mebibytes = 100

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vcs-clone-'))
  server = await GitServer.start()
  const started = RelayScene.start()
  await fill()
  scene = await started
  front = await RelayFront.start(() => ({
    gateway: scene.gateway,
    poolId: scene.pool.id,
    vcs: 'private',
  }))
  vcs = { name: 'private', kind: 'github-enterprise', url: server.url }
}, 120_000)
afterAll(async () => {
  await front[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

/** A repository of 100 MB that nothing compresses, with 120 branches; and one that is small. */
async function fill(): Promise<void> {
  await using tree = await WorkTree.create(await server.create('octo-org/large'))
  await tree.git('config', 'core.bigFileThreshold', '1m')
  for (const name of ['core.compression', 'pack.compression']) await tree.git('config', name, '0')
  const files = Array.from({ length: 10 }, (_, at): [string, Buffer] => [
    `large-${at}`,
    randomBytes((mebibytes / 10) * 1024 ** 2),
  ])
  await tree.commit(Object.fromEntries(files), 'Large files')
  tip = await tree.push({ 'main.tf': 'output "a" { value = 1 }' })
  await using small = await WorkTree.create(await server.create('octo-org/small'))
  for (const content of ['1', '2']) await small.commit({ 'main.tf': content })
  smallTip = await small.push({ 'main.tf': '3' })
  const refs = Array.from({ length: 119 }, (_, at) => `HEAD:refs/heads/branch-${at}`)
  await tree.git('push', '--quiet', 'origin', ...refs)
}

let clones = 0

/** @returns the clone's directory */
async function clone(name: string, ...parameters: readonly string[]): Promise<string> {
  clones += 1
  const directory = join(root, String(clones))
  const url = `${front.url}/octo-org/${name}.git`
  await git(
    root,
    ...parameters.slice(0, 2),
    'clone',
    '--quiet',
    ...parameters.slice(2),
    url,
    directory,
  )
  return directory
}

async function expectWhole(directory: string, commit = smallTip): Promise<void> {
  expect(await git(directory, 'rev-parse', 'HEAD')).toBe(commit)
  expect(await git(directory, 'status', '--porcelain')).toBe('')
}

describe('git clone through the relay', () => {
  beforeAll(async () => {
    await scene.agent(vcs, 'cloner')
  })

  it.each(['2', '0'])('is whole: protocol v%s, 100 MB, 120 branches', async (version) => {
    server.requests.length = 0
    const directory = await clone('large', '-c', `protocol.version=${version}`)
    await expectWhole(directory, tip)
    const branches = await git(directory, 'for-each-ref', 'refs/remotes/origin/')
    // And what HEAD of the server points to.
    expect(branches.split('\n')).toHaveLength(121)
    // The very requests that git makes: v2 lists what it wants in one more.
    expect(server.requests).toHaveLength(version === '2' ? 3 : 2)
    await rm(directory, { recursive: true, force: true })
  })

  it('may be shallow', async () => {
    const directory = await clone('small', '-c', 'protocol.version=2', '--depth', '1')
    await expectWhole(directory)
    expect(await git(directory, 'rev-list', '--count', 'HEAD')).toBe('1')
    await rm(directory, { recursive: true, force: true })
  })

  it('may be partial, and fetches the rest when it is needed', async () => {
    const directory = await clone(
      'large',
      '-c',
      'protocol.version=2',
      '--filter=blob:none',
      '--no-checkout',
    )
    const missing = await git(directory, 'rev-list', '--objects', '--missing=print', 'HEAD')
    expect(missing.split('\n').filter((line) => line.startsWith('?'))).toHaveLength(11)
    expect(await git(directory, 'show', 'HEAD:main.tf')).toContain('output')
    await rm(directory, { recursive: true, force: true })
  })

  it('never becomes a push', async () => {
    const directory = await clone('small', '-c', 'protocol.version=2', '--depth', '1')
    const before = server.requests.length
    await expect(git(directory, 'push', 'origin', 'HEAD:refs/heads/pushed')).rejects.toThrow()
    expect(server.requests).toHaveLength(before)
    await rm(directory, { recursive: true, force: true })
  })
})

describe('an agent that is killed in the middle of a clone', () => {
  it('breaks it at once, long before a time-out, and another agent takes the next', async () => {
    // Those of the tests before stay connected: this scene has agents of its own.
    await using own = await RelayScene.start()
    await using ownFront = await RelayFront.start(() => ({
      gateway: own.gateway,
      poolId: own.pool.id,
      vcs: 'private',
    }))
    const victim = await own.agent(vcs, 'victim')
    const url = `${ownFront.url}/octo-org/large.git`
    const held = ownFront.holdNextPack()
    const first = git(root, 'clone', '--quiet', url, join(root, 'broken')).then(
      () => undefined,
      (error: unknown) => error,
    )
    await held.reached
    await own.agent(vcs, 'another')
    victim.daemon.signal('SIGKILL')
    const killedAt = performance.now()
    held.letGo()
    expect(await held.broken).toMatchObject({ code: 'BROKEN_OFF', fate: 'answered' })
    // Some milliseconds where there is time for it; silence would be noticed after 50 s.
    expect(performance.now() - killedAt).toBeLessThan(20_000)
    expect(await first).toBeInstanceOf(Error)

    const directory = join(root, 'retried')
    await git(root, 'clone', '--quiet', url, directory)
    await expectWhole(directory, tip)
  })
})

describe('restarts', () => {
  it('of the control plane: its agents come back, and clones go on', async () => {
    await scene.platform.stop()
    await scene.platform.restart()
    await scene.untilServed('private')
    const directory = await clone('small', '-c', 'protocol.version=2', '--depth', '1')
    await expectWhole(directory)
  })

  it('of the VCS: an answer that says so, and then clones as before', async () => {
    await server.stop()
    const answer = await fetch(`${front.url}/octo-org/small.git/info/refs?service=git-upload-pack`)
    expect(answer.status).toBe(502)
    expect(await answer.text()).toContain('vcs-unreachable')
    await server.restart()
    const directory = await clone('small', '-c', 'protocol.version=2', '--depth', '1')
    await expectWhole(directory)
  })
})

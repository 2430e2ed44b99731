import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'

import { problemTypes } from '@scalr-agent/core/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { archive, type ArchiveEntry } from './support/archive.ts'
import { Daemon } from './support/daemon.ts'
import { fakeRun, fakeTool } from './support/fake-tool.ts'
import { Platform } from './support/platform.ts'
import { RecordingProxy } from './support/recording-proxy.ts'
import type { Tool } from './support/tools.ts'

/** What a daemon says at its end, and with which code. */
async function endOf(daemon: Daemon): Promise<{ code: number | string; text: string }> {
  const code = await daemon.exited()
  return { code, text: daemon.output.join('\n') }
}

describe('an agent that cannot work as it was told', () => {
  let platform: Platform
  let offsetMs = 0
  const expiring = {
    now: () => new Date(Date.now() + offsetMs),
    monotonicMs: () => performance.now(),
    sleep: (ms: number, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, ms)
        signal?.addEventListener('abort', () => {
          clearTimeout(timer)
          reject(signal.reason as Error)
        })
      }),
  }

  beforeAll(async () => {
    platform = await Platform.start({}, { clock: expiring })
  })
  afterAll(async () => {
    await platform[Symbol.asyncDispose]()
  })

  const environments: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    [
      'a misspelt variable',
      { SCALR_AGENT_CONCURENCY: '5' },
      /SCALR_AGENT_CONCURENCY: unknown variable; did you mean SCALR_AGENT_CONCURRENCY\?/u,
    ],
    [
      'a value of the wrong kind',
      { SCALR_AGENT_CONCURRENCY: 'five' },
      /SCALR_AGENT_CONCURRENCY: /u,
    ],
    [
      'an unknown driver',
      { SCALR_AGENT_DRIVER: 'podman' },
      /SCALR_AGENT_DRIVER=podman: .*'process'/u,
    ],
    ['no token', { SCALR_AGENT_TOKEN: '' }, /SCALR_AGENT_TOKEN/u],
    ['a malformed token', { SCALR_AGENT_TOKEN: 'c4n4ry-token' }, /token/iu],
    [
      'plain HTTP to another machine',
      { SCALR_URL: 'http://scalr.example.com' },
      /scalr\.example\.com.*https/isu,
    ],
    ['a URL that is none', { SCALR_URL: 'scalr example' }, /SCALR_URL: /u],
    ['a CA file that is not there', { SCALR_AGENT_CA_CERT: '/none/ca.pem' }, /\/none\/ca\.pem/u],
    [
      'a data directory that is a file',
      { SCALR_AGENT_DATA_DIR: '/etc/hostname' },
      /\/etc\/hostname.*(?:not a directory|exist)/isu,
    ],
  ]

  it.each(environments)('%s: one error, exit code 2', async (_what, env, message) => {
    await using daemon = await Daemon.start(platform, { env })
    const { code, text } = await endOf(daemon)
    expect(text).toMatch(message)
    expect(text.match(/Cannot /gu)).toHaveLength(1)
    expect(text).not.toContain('    at ')
    expect(text).not.toContain('c4n4ry')
    expect(code).toBe(2)
  })

  const refused: readonly (readonly [string, () => Promise<string>])[] = [
    [
      'a revoked token',
      async () => {
        const { id, token } = await platform.client.accessTokens.createForPool(platform.poolId)
        await platform.client.accessTokens.delete(id)
        return token ?? ''
      },
    ],
    [
      'an expired token',
      async () => {
        const fields = { expiresIn: 1 }
        const { token } = await platform.client.accessTokens.createForPool(platform.poolId, fields)
        offsetMs += 61_000
        return token ?? ''
      },
    ],
    ['a token of a user', async () => platform.ownerToken],
    [
      'a token of another control plane',
      async () => {
        await using other = await Platform.start()
        return other.poolToken
      },
    ],
  ]

  it.each(refused)('%s: says what to do, exit code 2', async (_what, make) => {
    const token = await make()
    await using daemon = await Daemon.start(platform, { env: { SCALR_AGENT_TOKEN: token } })
    const { code, text } = await endOf(daemon)
    expect(text).toMatch(/token/iu)
    expect(text).toMatch(/new token|agent pool/iu)
    expect(text).not.toContain(token.slice(token.lastIndexOf('.') + 1))
    expect(code).toBe(2)
  })

  it('a token that is revoked while it runs: stops, exit code 2', async () => {
    const { id, token } = await platform.client.accessTokens.createForPool(platform.poolId)
    await using daemon = await Daemon.start(platform, {
      name: 'revoked-later',
      env: { SCALR_AGENT_TOKEN: token ?? '' },
    })
    await daemon.ready()
    await platform.client.accessTokens.delete(id)
    const { code, text } = await endOf(daemon)
    expect(text).toMatch(/token/iu)
    expect(code).toBe(2)
  })

  it('a second agent with the name of a live one: told so, and the first goes on', async () => {
    await using first = await Daemon.start(platform, { name: 'the-name' })
    await first.ready()
    await using second = await Daemon.start(platform, { name: 'the-name' })
    const { code, text } = await endOf(second)
    expect(text).toMatch(/the-name/u)
    expect(text).toMatch(/SCALR_AGENT_NAME|another name/iu)
    expect(code).not.toBe(0)
    first.signal('SIGTERM')
    expect(await first.exited()).toBe(0)
  })

  it('a second agent on one data directory: told so, and the first goes on', async () => {
    await using first = await Daemon.start(platform, { name: 'one' })
    await first.ready()
    await using second = await Daemon.start(platform, { name: 'two', dataDir: first.dataDir })
    const { code, text } = await endOf(second)
    expect(text).toContain('another agent on this machine is using it')
    expect(code).toBe(2)
    first.signal('SIGTERM')
    expect(await first.exited()).toBe(0)
  })
})

describe('a control plane that cannot be worked with', () => {
  it('is not there: says so, waits, and is found when it comes', async () => {
    await using platform = await Platform.start()
    await platform.stop()
    await using daemon = await Daemon.start(platform)
    await daemon.untilSaid(/nothing listens at/u)
    await platform.restart()
    await daemon.ready()
  })

  it('has a certificate that is not trusted: says which setting is missing, and registers nothing', async () => {
    await using platform = await Platform.start({}, { tls: 'own-ca' })
    await using daemon = await Daemon.start(platform)
    await daemon.untilSaid(/certificate of .* (?:not signed|self-signed).*SCALR_AGENT_CA_CERT/u)
    await using other = await Platform.start({}, { tls: 'own-ca' })
    const wrong = await readFile(other.caCertPath, 'utf8')
    await using misled = await Daemon.start(platform, {
      name: 'misled',
      env: { SCALR_AGENT_CA_CERT: Buffer.from(wrong).toString('base64') },
    })
    await misled.untilSaid(/certificate of .*SCALR_AGENT_CA_CERT/u)
    await using trusting = await Daemon.start(platform, {
      name: 'trusting',
      env: { SCALR_AGENT_CA_CERT: platform.caCertPath },
    })
    await trusting.ready()
  })

  const strangers: readonly (readonly [string, number, string, string, RegExp])[] = [
    ['a web page', 200, 'text/html', '<html>hello</html>', /JSON|is no control plane|URL/iu],
    [
      'another version of the protocol',
      422,
      'application/problem+json',
      JSON.stringify({
        type: problemTypes.versionUnsupported,
        title: 'Unsupported version',
        status: 422,
        detail: 'This control plane speaks version 7.',
      }),
      /version 7/u,
    ],
    ['a server that knows no agents', 404, 'application/json', '{}', /Check the URL/u],
  ]

  it.each(strangers)(
    'is %s: one error, and the agent ends',
    async (_what, status, type, body, why) => {
      await using platform = await Platform.start()
      const server = createServer((incoming, answer) => {
        incoming.resume().on('end', () => {
          answer.writeHead(status, { 'content-type': type }).end(body)
        })
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      await using daemon = await Daemon.start(platform, { url })
      const { code, text } = await endOf(daemon)
      server.close()
      server.closeAllConnections()
      expect(text).toMatch(why)
      expect([1, 2]).toContain(code)
    },
  )
})

describe('a job that must not be started', () => {
  let platform: Platform
  let tool: Tool
  let record: string

  beforeAll(async () => {
    platform = await Platform.start({ heartbeatMs: 500 })
    tool = await fakeTool(platform.directory)
    record = join(platform.directory, 'record')
  })
  afterAll(async () => {
    await platform[Symbol.asyncDispose]()
  })

  it('an answer that breaks the schema: path and issue are shown, nothing runs, and nothing is lost', async () => {
    await using short = await Platform.start({ heartbeatMs: 300, leaseMs: 2_000 })
    const ran = join(short.directory, 'record')
    let starts = 0
    const tamper = (_method: string, path: string, body: Buffer): Buffer => {
      if (!path.endsWith('/start')) return body
      starts += 1
      return starts === 1
        ? Buffer.from(body.toString().replace('"timeoutMs":', '"timeoutMs":"soon","was":'))
        : body
    }
    await using proxy = await RecordingProxy.start(() => short.url, tamper)
    await using daemon = await Daemon.start(short, { tool, url: proxy.url, name: 'misled' })
    await daemon.ready()
    const workspace = await short.workspace({ files: fakeRun({ record: ran }) })
    const { id } = await short.client.runs.create({ workspaceId: workspace.id })
    await daemon.untilSaid(/timeoutMs/u)
    const text = daemon.output.join('\n')
    expect(text).toMatch(/\/start.*timeoutMs/su)
    expect(existsSync(ran)).toBe(false)
    for (const token of proxy.tokens) expect(text).not.toContain(token)
    // Its lease ends, and the next answer is understood: the plan runs once.
    await short.untilStatus(id, 'planned')
    expect((await readFile(ran, 'utf8')).match(/begin plan/gu)).toHaveLength(1)
    expect(starts).toBe(2)
  })

  const archives: readonly (readonly [string, () => Promise<Buffer>, RegExp])[] = [
    ["a path that holds '..'", () => afterFine([{ name: '../evil', content: 'evil' }]), /'\.\.'/u],
    [
      'an absolute path',
      () => afterFine([{ name: '/tmp/scalr-agent-evil', content: 'evil' }]),
      /absolute/u,
    ],
    [
      'a link out of the tree',
      () => afterFine([{ name: 'link', type: 'symlink', linkname: '../../../etc' }]),
      /leads out of the tree/u,
    ],
    [
      'a file below a link',
      () =>
        afterFine([
          { name: 'd', type: 'symlink', linkname: '.' },
          { name: 'd/evil', content: 'evil' },
        ]),
      /below a link/u,
    ],
    [
      'a hard link',
      () => afterFine([{ name: 'hard', type: 'link', linkname: '/etc/passwd' }]),
      /'link'/u,
    ],
    ['a device', () => afterFine([{ name: 'dev', type: 'character-device' }]), /not allowed/u],
    [
      'too many entries',
      async () => gzipSync(Buffer.concat([...manyEntries(100_001), Buffer.alloc(1024)])),
      /more than 100000 entries/u,
    ],
    ['a decompression bomb', async () => bomb(), /more than 2147483648 bytes/u],
    ['no archive at all', async () => Buffer.from('not a gzip'), /broken/u],
  ]

  it.each(archives)(
    'a configuration with %s: the run ends errored, nothing is unpacked',
    async (_what, make, why) => {
      await using daemon = await Daemon.start(platform, { tool, name: `for ${_what}` })
      await daemon.ready()
      const workspace = await platform.workspace({ files: fakeRun({ record }) })
      await handOut(platform, workspace.id, await make())
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      const run = await platform.untilStatus(id, 'errored')
      expect(run.errorMessage).toMatch(why)
      expect(existsSync(record)).toBe(false)
      daemon.signal('SIGTERM')
      expect(await daemon.exited()).toBe(0)
      const left = await readdir(daemon.dataDir, { recursive: true })
      expect(
        left.filter((name) => /evil|^(?:work|workloads|jobs|drafts|trash)\//u.test(name)),
      ).toEqual([])
      expect(existsSync('/tmp/scalr-agent-evil')).toBe(false)
    },
  )
})

const mayMount = process.getuid?.() === 0 && process.platform === 'linux'
if (!mayMount) process.stdout.write('SKIPPED full and read-only disks: only root may mount them\n')

describe.runIf(mayMount)('an agent whose disk', () => {
  it.each([
    ['is read-only', 'mount -o remount,ro .', /read-only|EROFS/u],
    ['is full', 'cat /dev/zero >fill 2>/dev/null || :', /no space|ENOSPC|full/iu],
  ])('%s: one error, and it takes no work', async (_what, spoil, why) => {
    await using platform = await Platform.start()
    const directory = await mkdtemp(join(platform.directory, 'disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory])
    try {
      await mkdir(join(directory, 'agent'))
      execFileSync('sh', ['-c', spoil], { cwd: directory })
      await using daemon = await Daemon.start(platform, { dataDir: join(directory, 'agent') })
      const { code, text } = await endOf(daemon)
      expect(text).toMatch(why)
      expect(text).toContain(directory)
      expect(text).not.toContain('    at ')
      expect([1, 2]).toContain(code)
      const agents = []
      for await (const agent of platform.client.agents.list()) agents.push(agent.status)
      expect(agents).not.toContain('busy')
    } finally {
      execFileSync('umount', ['-l', directory])
    }
  })
})

/** Puts an archive behind the control plane's own check, as a control plane without one would hand it out. */
async function handOut(platform: Platform, workspaceId: string, content: Buffer): Promise<void> {
  using database = new DatabaseSync(join(platform.controlPlaneDirectory, 'control-plane.sqlite'))
  database.exec('PRAGMA busy_timeout = 5000')
  const row = database
    .prepare('SELECT id FROM configuration_versions WHERE workspace_id = ?')
    .get(workspaceId)
  const id = String(row?.['id'])
  const digest = `sha-256=:${createHash('sha256').update(content).digest('base64')}:`
  database
    .prepare('UPDATE configuration_versions SET bytes = ?, digest = ? WHERE id = ?')
    .run(content.length, digest, id)
  const directory = join(platform.controlPlaneDirectory, 'configuration-versions')
  await writeFile(join(directory, `${id}.tar.gz`), content)
}

/** What is refused comes after an entry that is not. */
async function afterFine(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  return await archive([{ name: 'main.tf', content: '# fine\n' }, ...entries])
}

/** Headers of one directory, so that what is tested is the count, not the disk. */
function manyEntries(count: number): readonly Buffer[] {
  return Array<Buffer>(count).fill(header('evil/', 0))
}

/** Three gigabytes of zeros in three megabytes: gzip members follow one another. */
function bomb(): Buffer {
  const part = gzipSync(Buffer.alloc(64 * 1024 ** 2))
  const members = Array<Buffer>(48).fill(part)
  return Buffer.concat([gzipSync(header('zeros', 3 * 1024 ** 3)), ...members])
}

function header(name: string, bytes: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  block.write('        0', 148)
  block.write('ustar\u000000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

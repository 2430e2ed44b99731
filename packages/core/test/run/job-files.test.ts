import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'

import { extract, pack, type Header } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { ArchiveLimits } from '../../src/protocol/index.ts'
import { createJobFiles } from '../../src/run/job-files.ts'

type EntryHeader = Partial<Header> & { readonly name: string }

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'job-files-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function tarOf(...entries: readonly (readonly [EntryHeader, string?])[]): Promise<Buffer> {
  const tar = pack()
  for (const [header, text] of entries) {
    if (text === undefined && header.type !== undefined) tar.entry(header)
    else tar.entry(header, text ?? '')
  }
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

async function filesOf(
  archive: Uint8Array,
  options: { readonly names?: readonly string[]; readonly limits?: ArchiveLimits } = {},
): Promise<ReturnType<typeof createJobFiles>> {
  await writeFile(join(directory, 'configuration.tar.gz'), archive)
  return createJobFiles({
    filesDirectory: directory,
    names: options.names ?? ['configuration.tar.gz'],
    script: 'exit 0\n',
    nonce: 'ab'.repeat(16),
    caCert: 'PEM',
    limits: options.limits,
  })
}

interface Unpacked {
  readonly type: string
  readonly mode: string
  readonly text: string
}

async function unpack(tar: Uint8Array): Promise<Record<string, Unpacked>> {
  const found: Record<string, Unpacked> = {}
  const reader = extract()
  reader.end(tar)
  for await (const entry of reader) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk as Uint8Array)
    const { name, type, mode, linkname } = entry.header
    const text = type === 'symlink' ? linkname : Buffer.concat(chunks).toString()
    found[name.replace(/\/$/u, '')] = { type, mode: mode.toString(8), text }
  }
  return found
}

describe('createJobFiles', () => {
  it('lays the job directory out, with the configuration in workdir/', async () => {
    const big = 'x'.repeat(300_000)
    const archive = gzipSync(
      await tarOf(
        [{ name: './main.tf', mode: 0o600 }, 'main'],
        [{ name: 'modules/a', type: 'directory' }],
        [{ name: 'modules/a/run.sh', mode: 0o4777 }, big],
        [{ name: 'link', type: 'symlink', linkname: 'main.tf' }],
        [{ name: `${'long/'.repeat(40)}name.tf` }, 'deep'],
      ),
    )
    await writeFile(join(directory, 'plan.bin'), 'the plan')
    await writeFile(join(directory, 'lock.hcl'), 'the lock')
    const files = await filesOf(archive, {
      names: ['configuration.tar.gz', 'plan.bin', 'lock.hcl', 'else.txt'],
    })
    expect(await unpack(await buffer(files()))).toEqual({
      workdir: { type: 'directory', mode: '755', text: '' },
      data: { type: 'directory', mode: '755', text: '' },
      providers: { type: 'directory', mode: '755', text: '' },
      tmp: { type: 'directory', mode: '755', text: '' },
      'data/job.sh': { type: 'file', mode: '644', text: 'exit 0\n' },
      'data/nonce': { type: 'file', mode: '600', text: `${'ab'.repeat(16)}\n` },
      'data/ca.pem': { type: 'file', mode: '644', text: 'PEM' },
      'data/terraform.tfplan.bin': { type: 'file', mode: '644', text: 'the plan' },
      'data/lock.hcl': { type: 'file', mode: '644', text: 'the lock' },
      'workdir/main.tf': { type: 'file', mode: '644', text: 'main' },
      'workdir/modules/a': { type: 'directory', mode: '755', text: '' },
      'workdir/modules/a/run.sh': { type: 'file', mode: '755', text: big },
      'workdir/link': { type: 'symlink', mode: '777', text: 'main.tf' },
      [`workdir/${'long/'.repeat(40)}name.tf`]: { type: 'file', mode: '644', text: 'deep' },
    })
  })

  it('gives the same bytes each time', async () => {
    const files = await filesOf(gzipSync(await tarOf([{ name: 'main.tf' }, 'main'])))
    const first = await buffer(files())
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    const second = await buffer(files())
    vi.useRealTimers()
    expect(second.equals(first)).toBe(true)
  })

  it.each([
    ['../x', { name: '../x' }],
    ['/etc/passwd', { name: '/etc/passwd' }],
    ['up', { name: 'up', type: 'symlink', linkname: '../../x' }],
    ['hard', { name: 'hard', type: 'link', linkname: 'main.tf' }],
    ['dev', { name: 'dev', type: 'character-device' }],
  ] as const)('refuses the entry %s by its name', async (name, header) => {
    const files = await filesOf(gzipSync(await tarOf([{ name: 'main.tf' }, 'main'], [header])))
    await expect(buffer(files())).rejects.toMatchObject({
      code: 'INVALID_ARCHIVE',
      message: expect.stringContaining(`"${name}"`),
    })
  })

  it('names the entry at which a gzip was cut', async () => {
    const noise = randomBytes(200_000).toString('base64')
    const whole = gzipSync(await tarOf([{ name: 'first.tf' }, 'x'], [{ name: 'cut.tf' }, noise]))
    const files = await filesOf(whole.subarray(0, whole.length / 2))
    await expect(buffer(files())).rejects.toMatchObject({
      code: 'INVALID_ARCHIVE',
      message: expect.stringMatching(/"cut\.tf": unexpected end of file/u),
    })
  })

  it('refuses what is no gzip, and a tar that was cut', async () => {
    const tar = await tarOf([{ name: 'cut.tf' }, 'x'.repeat(5000)])
    for (const archive of [tar, gzipSync(tar.subarray(0, 2048)), Buffer.from('no')]) {
      const files = await filesOf(archive)
      await expect(buffer(files())).rejects.toMatchObject({ code: 'INVALID_ARCHIVE' })
    }
  })

  it('refuses a bomb by its header, and too many entries, as they come', async () => {
    const limits = { maxBytes: 1000, maxEntries: 3 }
    const bomb = gzipSync(await tarOf([{ name: 'bomb' }, 'x'.repeat(2_000_000)]))
    await expect(buffer((await filesOf(bomb, { limits }))())).rejects.toThrow(
      'more than 1000 bytes',
    )
    const names = ['a', 'b', 'c', 'd'].map((name): readonly [EntryHeader, string] => [{ name }, ''])
    const many = gzipSync(await tarOf(...names))
    await expect(buffer((await filesOf(many, { limits }))())).rejects.toThrow('more than 3 entries')
  })

  it('refuses bytes that belong to no entry: a huge extended header, endless padding', async () => {
    const header = await tarOf([{ name: 'a', pax: { comment: 'x'.repeat(8_000_000) } }, 'x'])
    await expect(buffer((await filesOf(gzipSync(header)))())).rejects.toMatchObject({
      code: 'INVALID_ARCHIVE',
    })
    const padding = Buffer.concat([await tarOf([{ name: 'a' }, 'x']), Buffer.alloc(64_000_000)])
    const files = await filesOf(gzipSync(padding))
    await expect(buffer(files())).rejects.toThrow('belong to no entry')
  })

  it('says which downloaded file is missing', async () => {
    const files = await filesOf(gzipSync(await tarOf([{ name: 'a' }, 'x'])), {
      names: ['plan.bin'],
    })
    await expect(buffer(files())).rejects.toThrow(/downloaded file '.*plan\.bin'/u)
  })

  it('leaves nothing open when the reader goes away', async () => {
    const noise = randomBytes(4_000_000).toString('base64')
    const files = await filesOf(gzipSync(await tarOf([{ name: 'big' }, noise])))
    const stream = files()
    for await (const chunk of stream) {
      expect(chunk).toBeInstanceOf(Uint8Array)
      break
    }
    expect(stream.destroyed).toBe(true)
    const open = await openFilesBelow(directory)
    expect(open).toEqual([])
  })
})

async function openFilesBelow(path: string): Promise<readonly string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const targets = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    )
    const open = targets.filter((target) => target.startsWith(path))
    // Closing a file takes a turn of the event loop.
    if (open.length === 0 || attempt === 100) return open
    await readFile('/proc/self/stat')
  }
}

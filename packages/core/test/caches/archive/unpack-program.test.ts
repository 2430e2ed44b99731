import { asyncProperty, assert, uint8Array } from 'fast-check'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'

import { pack } from 'tar-stream'
import { expect, it } from 'vitest'

import { unpackProgram, type ArchiveFormat } from '../../../src/caches/archive/unpack-program.ts'
import { cacheFailure, temporaryCacheDir } from '../binaries/support/cache-fixture.ts'
import { zipOf } from '../binaries/support/zip-of.ts'

interface TarEntry {
  readonly name: string
  readonly type?: 'file' | 'symlink'
  readonly linkname?: string
  readonly content?: string
}

async function tarGzOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { name, type = 'file', linkname, content = '' } of entries) {
    tar.entry({ name, type, mode: 0o777, ...(linkname && { linkname }) }, content)
  }
  tar.finalize()
  return gzipSync(await buffer(tar))
}

async function unpackBytes(bytes: Uint8Array, format: ArchiveFormat): Promise<string> {
  const directory = await temporaryCacheDir()
  await writeFile(join(directory, 'archive'), bytes)
  const target = join(directory, 'tofu')
  await unpackProgram({
    archive: join(directory, 'archive'),
    format,
    name: 'tofu',
    target,
    maxBytes: 1000,
    item: 'tofu 1.2.3',
    source: 'https://mirror.example.com/tofu',
  })
  expect((await stat(target)).mode & 0o7777).toBe(0o555)
  expect((await readdir(directory)).toSorted()).toEqual(['archive', 'tofu'])
  return readFile(target, 'utf8')
}

it('takes the program, and nothing else, out of a tar.gz', async () => {
  const bytes = await tarGzOf([
    { name: 'README.md', content: 'read' },
    { name: '../escape', content: 'no' },
    { name: 'tofu', content: 'the program' },
    { name: 'tofu', content: 'another' },
  ])
  expect(await unpackBytes(bytes, 'tar.gz')).toBe('the program')
})

it.each<[string, () => Promise<Buffer> | Buffer, ArchiveFormat]>([
  [
    'a link for a program',
    () => tarGzOf([{ name: 'tofu', type: 'symlink', linkname: '/bin/sh' }]),
    'tar.gz',
  ],
  ['a tar.gz without it', () => tarGzOf([{ name: 'bin/tofu', content: 'x' }]), 'tar.gz'],
  [
    'a tar.gz that is cut',
    async () => (await tarGzOf([{ name: 'tofu', content: 'x' }])).subarray(0, 40),
    'tar.gz',
  ],
  ['a zip without it', () => zipOf({ 'bin/tofu': Buffer.from('x') }), 'zip'],
  ['a zip that is cut', () => zipOf({ tofu: Buffer.from('x'.repeat(99)) }).subarray(0, 40), 'zip'],
  ['a zip that leaves its directory', () => zipOf({ '../tofu': Buffer.from('x') }), 'zip'],
  ['a program that is too large', () => Buffer.alloc(1001), 'plain'],
  [
    'a tar.gz that unpacks to too much',
    () => tarGzOf([{ name: 'tofu', content: 'x'.repeat(1001) }]),
    'tar.gz',
  ],
  ['a zip that unpacks to too much', () => zipOf({ tofu: Buffer.alloc(1001) }), 'zip'],
])('refuses %s', async (_what, bytes, format) => {
  const error = await cacheFailure(unpackBytes(await bytes(), format))
  expect(error).toMatchObject({ code: 'CORRUPT', item: 'tofu 1.2.3' })
  expect(error.message).toContain('https://mirror.example.com/tofu')
})

it.each(['zip', 'tar.gz'] as const)(
  'whatever bytes come as %s, the end is an error of ours',
  (format) =>
    assert(
      asyncProperty(uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await cacheFailure(unpackBytes(bytes, format))).code).toBe('CORRUPT')
      }),
      { numRuns: 50 },
    ),
)

it('a zip with one byte changed anywhere gives the program or an error of ours', async () => {
  const whole = zipOf({ tofu: Buffer.from('the program') })
  expect(await unpackBytes(whole, 'zip')).toBe('the program')
  for (let at = 0; at < whole.length; at += 1) {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] ?? 0) ^ 0x41
    const end = await unpackBytes(bytes, 'zip').catch((error: unknown) => error)
    if (typeof end !== 'string') expect(end).toMatchObject({ code: 'CORRUPT' })
  }
})

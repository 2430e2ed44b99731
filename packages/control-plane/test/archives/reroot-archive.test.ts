import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'

import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { rerootArchive, type RerootOptions } from '../../src/archives/index.ts'
import { archive, type TarEntry } from '../support/world.ts'

const limits = { packedBytes: 1024 ** 2, unpackedBytes: 4 * 1024 ** 2, entries: 100 }

async function reroot(
  source: Readable | Uint8Array,
  options: Partial<RerootOptions> = {},
): Promise<Buffer> {
  const readable =
    source instanceof Readable ? source : Readable.from([source], { objectMode: false })
  const chunks: Uint8Array[] = []
  for await (const chunk of rerootArchive(readable, { path: '', limits, ...options })) {
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Names and contents; a link as `-> target`. */
async function contentOf(packed: Buffer): Promise<Record<string, string>> {
  const tar = extract()
  tar.end(gunzipSync(packed))
  const found: Record<string, string> = {}
  for await (const entry of tar) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk as Uint8Array)
    found[entry.header.name] =
      entry.header.type === 'symlink'
        ? `-> ${entry.header.linkname}`
        : Buffer.concat(chunks).toString('utf8')
  }
  return found
}

const tree: readonly TarEntry[] = [
  { name: 'acme-infra-0123abc/', type: 'directory' },
  { name: 'acme-infra-0123abc/main.tf', content: 'root' },
  { name: 'acme-infra-0123abc/live/', type: 'directory' },
  { name: 'acme-infra-0123abc/live/main.tf', content: 'live' },
  { name: 'acme-infra-0123abc/live/link.tf', type: 'symlink', linkname: 'main.tf' },
  { name: 'acme-infra-0123abc/lively/other.tf', content: 'other' },
]

describe('rerootArchive', () => {
  it('takes the folder of the forge away', async () => {
    expect(await contentOf(await reroot(await archive(tree)))).toEqual({
      'main.tf': 'root',
      live: '',
      'live/main.tf': 'live',
      'live/link.tf': '-> main.tf',
      'lively/other.tf': 'other',
    })
  })

  it('makes a folder of the repository the root', async () => {
    expect(await contentOf(await reroot(await archive(tree), { path: 'live' }))).toEqual({
      'main.tf': 'live',
      'link.tf': '-> main.tf',
    })
  })

  it('carries more than any buffer on the way holds, file by file', async () => {
    const files = Array.from({ length: 40 }, (_, index) => ({
      name: `r/file-${index}.bin`,
      content: randomBytes(index % 2 === 0 ? 70_000 : 10),
    }))
    const packed = await reroot(await archive(files), {
      limits: { ...limits, packedBytes: 8 * 1024 ** 2 },
    })
    const found = await contentOf(packed)
    expect(Object.keys(found)).toEqual(files.map(({ name }) => name.slice(2)))
    expect(found['file-38.bin']).toBe(files[38]?.content.toString('utf8'))
  })

  it.each<[string, readonly TarEntry[], string]>([
    [
      'a path that leaves the tree',
      [{ name: 'r/../../etc/passwd', content: 'x' }],
      "the path holds '..'",
    ],
    [
      'a link to what lies beside the folder of the forge',
      [{ name: 'r/link', type: 'symlink', linkname: '../secret' }],
      'leads out of the tree',
    ],
    ['a device', [{ name: 'r/null', type: 'character-device' }], "'character-device'"],
    ['a hard link', [{ name: 'r/hard', type: 'link', linkname: '/etc/passwd' }], "'link'"],
    ['an absolute path', [{ name: '/etc/passwd', content: 'x' }], 'not one folder at its root'],
    [
      'two folders at its root',
      [
        { name: 'a/x', content: '' },
        { name: 'b/x', content: '' },
      ],
      "('a' and 'b')",
    ],
    ['nothing', [{ name: 'r/', type: 'directory' }], 'holds no file'],
  ])('refuses %s', async (_what, entries, message) => {
    await expect(reroot(await archive(entries))).rejects.toThrow(message)
  })

  it('says when the folder is not there', async () => {
    await expect(reroot(await archive(tree), { path: 'nowhere' })).rejects.toThrow(
      "the repository holds no file below 'nowhere'",
    )
  })

  it('refuses more entries, packed bytes and unpacked bytes than allowed', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ name: `r/${index}`, content: '' }))
    await expect(reroot(await archive(many))).rejects.toThrow('more than 100 entries')
    const large = [{ name: 'r/large', content: randomBytes(2 * 1024 ** 2) }]
    await expect(reroot(await archive(large))).rejects.toThrow('larger than 1048576 bytes')
    const bomb = [{ name: 'r/bomb', content: Buffer.alloc(5 * 1024 ** 2) }]
    await expect(reroot(await archive(bomb))).rejects.toThrow('unpacks to more than')
  })

  it('also looks at what it leaves out: a bomb beside the wanted folder', async () => {
    const bomb = [
      { name: 'r/beside', content: Buffer.alloc(90 * 1024 ** 2) },
      { name: 'r/live/main.tf', content: 'x' },
    ]
    await expect(reroot(await archive(bomb), { path: 'live' })).rejects.toThrow('unpacks to more')
  })

  it('fails when the archive is cut off or is none', async () => {
    const whole = await archive([{ name: 'r/a', content: randomBytes(100_000) }])
    await expect(reroot(whole.subarray(0, 50_000))).rejects.toThrow('unexpected end of file')
    await expect(reroot(Buffer.from('<html>'))).rejects.toThrow('incorrect header check')
    await expect(reroot(gzipSync('<html>'.repeat(1000)))).rejects.toThrow(/header/iu)
  })

  it('fails with what broke the source', async () => {
    const whole = await archive([{ name: 'r/a', content: randomBytes(100_000) }])
    const source = Readable.from(
      (async function* cut() {
        yield whole.subarray(0, 50_000)
        throw new Error('the agent was lost')
      })(),
      { objectMode: false },
    )
    await expect(reroot(source)).rejects.toThrow('the agent was lost')
  })

  it('ends the source when its reader gives up', async () => {
    const source = Readable.from(await archive([{ name: 'r/a', content: randomBytes(500_000) }]), {
      objectMode: false,
    })
    for await (const _chunk of rerootArchive(source, { path: '', limits })) break
    expect(source.destroyed).toBe(true)
  })
})

import { Readable } from 'node:stream'

import { extract, pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { executorErrors } from '../../src/container/executor-errors.ts'
import { packJob, type PackJobOptions } from '../../src/container/pack-job.ts'

const options: PackJobOptions = {
  user: { uid: 1000, gid: 50 },
  signal: new AbortController().signal,
  makeError: executorErrors('mine'),
}
const spec = { id: 'job-1', caches: [], secretEnv: { TOKEN: "it's" } }

interface Entry {
  readonly name: string
  readonly content: string
  readonly uid: number | undefined
}

async function entries(archive: Readable): Promise<readonly Entry[]> {
  const found: Entry[] = []
  const reading = extract()
  archive.on('error', (error) => reading.destroy(error))
  archive.pipe(reading)
  for await (const entry of reading) {
    const parts: Uint8Array[] = []
    for await (const chunk of entry) if (chunk instanceof Uint8Array) parts.push(chunk)
    const { name, uid } = entry.header
    found.push({ name, uid, content: Buffer.concat(parts).toString('utf8') })
  }
  return found
}

function files(fill: (archive: ReturnType<typeof pack>) => void): () => Readable {
  return () => {
    const archive = pack()
    // A reader that refuses an entry breaks off.
    archive.on('error', () => {})
    fill(archive)
    archive.finalize()
    return Readable.from(archive, { objectMode: false })
  }
}

describe('packJob', () => {
  it('lays own files first, links last, and all of it to the user', async () => {
    const source = files((archive) => {
      archive.entry({ name: 'link', type: 'symlink', linkname: 'data/a' })
      archive.entry({ name: 'data/a' }, 'content')
    })
    const found = await entries(packJob({ ...spec, files: source }, options))
    expect(found.map(({ name }) => name)).toEqual([
      'run/',
      'private/',
      'output',
      'private/secrets',
      'private/seal',
      'run/code',
      'run/copier',
      'run/exit.draft',
      'run/sealed',
      'job/',
      'job/data/',
      'job/data/a',
      'job/link',
    ])
    expect(new Set(found.map(({ uid }) => uid))).toEqual(new Set([1000]))
    expect(found.find(({ name }) => name === 'private/secrets')?.content).toBe(
      String.raw`export TOKEN='it'\''s'` + '\n',
    )
  })

  it('ends with the mark that proves that all is there, and leaves a mount alone', async () => {
    const source = files((archive) => archive.entry({ name: 'a' }, 'content'))
    const also = { hasJobDirectory: true, lastMark: 'laid' }
    const found = await entries(packJob({ ...spec, files: source }, { ...options, ...also }))
    expect(found.map(({ name }) => name).slice(-2)).toEqual(['job/a', 'run/laid'])
    expect(found.map(({ name }) => name)).not.toContain('job/')
  })

  it('never gets to that mark when files cannot be read to their end', async () => {
    const broken = (): Readable =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(100, 'x')
          throw new Error('disk failed')
        })(),
      )
    const also = { lastMark: 'laid' }
    const packing = entries(packJob({ ...spec, files: broken }, { ...options, ...also }))
    await expect(packing).rejects.toMatchObject({ code: 'INVALID_FILES', executor: 'mine' })
  })

  it.each([
    ['climbs', { name: '../a' }],
    ['is absolute', { name: '/etc/a' }],
    ['is a device', { name: 'a', type: 'block-device' as const }],
  ])('refuses an entry that %s', async (_what, header) => {
    const source = files((archive) => archive.entry(header, ''))
    await expect(entries(packJob({ ...spec, files: source }, options))).rejects.toMatchObject({
      code: 'INVALID_FILES',
    })
  })
})

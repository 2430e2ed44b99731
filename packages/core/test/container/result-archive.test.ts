import { Readable } from 'node:stream'

import { extract, pack, type Header } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { executorErrors } from '../../src/container/executor-errors.ts'
import {
  checkResultPath,
  ResultArchive,
  type OfferedEntry,
} from '../../src/container/result-archive.ts'

type NewHeader = Partial<Header> & { readonly name: string }

/** Offers all of these, and tells what came of each and what the archive holds. */
async function offerAll(
  headers: readonly (readonly [NewHeader, string?])[],
): Promise<{ readonly offered: readonly OfferedEntry[]; readonly names: readonly string[] }> {
  const source = pack()
  for (const [header, content] of headers) {
    if (content === undefined) source.entry(header)
    else source.entry(header, content)
  }
  source.finalize()
  const results = new ResultArchive()
  const offered: OfferedEntry[] = []
  const names: string[] = []
  const reading = (async () => {
    const archive = extract()
    results.stream.pipe(archive)
    for await (const entry of archive) {
      names.push(entry.header.name)
      entry.resume()
    }
  })()
  const engine = extract()
  Readable.from(source).pipe(engine)
  for await (const entry of engine) {
    offered.push(await results.offer(entry.header.name, entry.header, entry, 'out'))
    entry.resume()
  }
  results.end()
  await reading
  return { offered, names }
}

describe('ResultArchive', () => {
  it('holds files, directories and links that stay in the tree, each once', async () => {
    const { offered, names } = await offerAll([
      [{ name: 'out', type: 'directory' }],
      [{ name: 'out/a' }, 'content'],
      [{ name: 'out/a' }, 'again'],
      [{ name: 'out/in', type: 'symlink', linkname: 'a' }],
      [{ name: 'out/leaves', type: 'symlink', linkname: '../../etc/passwd' }],
    ])
    expect(offered).toEqual(['added', 'added', 'left-out', 'added', 'left-out'])
    expect(names.map((name) => name.replace(/\/$/u, ''))).toEqual(['out', 'out/a', 'out/in'])
  })

  it('leaves devices and pipes out, and asks for the second name of a file by itself', async () => {
    const { offered } = await offerAll([
      [{ name: 'out/pipe', type: 'fifo' }],
      [{ name: 'out/disk', type: 'block-device' }],
      [{ name: 'out/again', type: 'link', linkname: 'out/a' }],
      [{ name: 'out', type: 'link', linkname: 'out/a' }],
    ])
    expect(offered).toEqual(['left-out', 'left-out', 'hard-link', 'left-out'])
  })

  it('refuses a path that leaves the tree', async () => {
    const results = new ResultArchive()
    const header = { name: '../a', type: 'file', size: 0 } as Header
    const offering = results.offer('../a', header, Readable.from([]), 'out')
    await expect(offering).rejects.toThrow(/\.\.\/a/u)
  })
})

describe('checkResultPath', () => {
  const makeError = executorErrors('mine')

  it('normalizes what lies in the job directory', () => {
    expect(checkResultPath('./a//b/', makeError)).toBe('a/b')
    expect(checkResultPath('.', makeError)).toBe('.')
  })

  it.each(['', '/etc', '..', 'a/../../b', 'a\0'])('refuses %j', (path) => {
    expect(() => checkResultPath(path, makeError)).toThrowError(
      expect.objectContaining({ code: 'INVALID_SPEC' }),
    )
  })
})

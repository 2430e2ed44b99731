import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

import { equal, refused } from '../assertions.ts'
import { archive, type ArchiveEntry } from '../archives.ts'
import type { Behaviour } from '../behaviour.ts'
import { digest, look } from '../programs/inside-programs.ts'
import { idle } from '../programs/signal-programs.ts'

const inside: ArchiveEntry = { name: 'inside', content: 'inside' }

/** What must never be laid out. */
const forbidden: readonly (readonly [string, string, readonly ArchiveEntry[]])[] = [
  ['climbing', 'a path with ..', [inside, { name: '../outside', content: 'x' }]],
  [
    'climbing-late',
    'a path that climbs after it descended',
    [inside, { name: 'a/../../outside', content: 'x' }],
  ],
  ['absolute', 'an absolute path', [inside, { name: '/tmp/outside', content: 'x' }]],
  ['hard-link', 'a hard link', [inside, { name: 'hard', type: 'link', linkname: '/etc/passwd' }]],
  [
    'device',
    'a device',
    [inside, { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
  ],
  ['fifo', 'a named pipe', [inside, { name: 'pipe', type: 'fifo' }]],
  [
    'link-out',
    'a link that leads out of the tree',
    [inside, { name: 'out', type: 'symlink', linkname: '../..' }],
  ],
  [
    'link-absolute',
    'a link with an absolute target',
    [inside, { name: 'out', type: 'symlink', linkname: '/etc' }],
  ],
  [
    'below-link',
    'a file below a link',
    [
      { name: 'real', type: 'directory' },
      { name: 'link', type: 'symlink', linkname: 'real' },
      { name: 'link/file', content: 'x' },
    ],
  ],
]

export const filesInBehaviours: readonly Behaviour[] = [
  {
    id: 'files-in.tree',
    group: 'files-in',
    title: 'lays out files, directories, empty directories and links as they are in the archive',
    run: async (context) => {
      const files = () =>
        archive([
          { name: 'directory', type: 'directory' },
          { name: 'directory/file', content: 'in directory' },
          { name: 'empty', type: 'directory' },
          { name: 'link', type: 'symlink', linkname: 'directory/file' },
          { name: 'zero', content: '' },
        ])
      equal(
        await context.succeed(look, ['directory', 'directory/file', 'empty', 'link', 'zero'], {
          files,
        }),
        'directory directory\nfile directory/file: in directory\ndirectory empty\n' +
          'link link to directory/file\nfile zero: \n',
        'what is there',
      )
    },
  },
  {
    id: 'files-in.modes',
    group: 'files-in',
    title: 'keeps what is executable, and only that',
    run: async (context) => {
      const files = () =>
        archive([
          { name: 'tool', mode: 0o755, content: 'a' },
          { name: 'text', mode: 0o644, content: 'b' },
        ])
      equal(
        await context.succeed(look, ['tool', 'text'], { files }),
        'program tool: a\nfile text: b\n',
        'what is there',
      )
    },
  },
  {
    id: 'files-in.parents',
    group: 'files-in',
    title: 'makes directories that the archive only implies',
    run: async (context) => {
      const files = () => archive([{ name: 'a/b/c/file', content: 'deep' }])
      equal(
        await context.succeed(look, ['a/b', 'a/b/c/file'], { files }),
        'directory a/b\nfile a/b/c/file: deep\n',
        'what is there',
      )
    },
  },
  {
    id: 'files-in.names',
    group: 'files-in',
    title: 'takes names with spaces, of other alphabets and of more than 100 characters',
    run: async (context) => {
      const names = ['two words', 'größe-€', `${'long/'.repeat(30)}name`, '-n', '$(x)']
      const files = () => archive(names.map((name) => ({ name, content: 'x' })))
      const expected = names.map((name) => `file ${name}: x\n`).join('')
      equal(await context.succeed(look, names, { files }), expected, 'what is there')
    },
  },
  {
    id: 'files-in.large',
    group: 'files-in',
    title: 'lays out a file of 20 MB, every byte in its place',
    run: async (context) => {
      const content = randomBytes(20 * 1024 * 1024)
      const files = () => archive([{ name: 'large', content }])
      const expected = createHash('sha256').update(content).digest('hex')
      equal(await context.succeed(digest, ['large'], { files }), expected, 'the digest')
    },
  },
  {
    id: 'files-in.many',
    group: 'files-in',
    title: 'lays out a thousand files',
    run: async (context) => {
      const names = Array.from({ length: 1000 }, (_, index) => `d${index % 10}/f${index}`)
      const files = () => archive(names.map((name) => ({ name, content: name })))
      const asked = names.filter((_, index) => index % 37 === 0)
      const expected = asked.map((name) => `file ${name}: ${name}\n`).join('')
      equal(await context.succeed(look, asked, { files }), expected, 'what is there')
    },
  },
  {
    id: 'files-in.none',
    group: 'files-in',
    title: 'starts in an existing directory without any files',
    run: async (context) => {
      equal(await context.succeed(look, ['.']), 'directory .\n', 'what is there')
    },
  },
  ...forbidden.map(([id, what, entries]): Behaviour => ({
    id: `files-in.${id}`,
    group: 'files-in',
    title: `refuses an archive that holds ${what}, and nothing is left`,
    countsResources: true,
    run: async (context) => {
      const before = await context.countResources()
      const spec = context.spec(idle, [], { files: () => archive(entries) })
      await refused(context.executor.launch(spec), 'INVALID_FILES', 'launch')
      await context.expectNothing(spec.id)
      await context.expectNoLeak(before)
    },
  })),
  {
    id: 'files-in.truncated',
    group: 'files-in',
    title: 'refuses an archive that ends in the middle of a file, and nothing is left',
    run: async (context) => {
      const whole = await Readable.from(
        archive([{ name: 'file', content: 'x'.repeat(5000) }]),
      ).toArray()
      const bytes: Buffer = Buffer.concat(whole.map((chunk) => Buffer.from(chunk)))
      const spec = context.spec(idle, [], { files: () => Readable.from([bytes.subarray(0, 2048)]) })
      await refused(context.executor.launch(spec), 'INVALID_FILES', 'launch')
      await context.expectNothing(spec.id)
    },
  },
]

import { randomBytes } from 'node:crypto'

import { check, equal, equalBytes, refused } from '../assertions.ts'
import { archive } from '../archives.ts'
import type { Behaviour } from '../behaviour.ts'
import { look, makeFiles } from '../programs/inside-programs.ts'
import { readArchive, type ReadEntry } from '../read-archive.ts'

export const filesOutBehaviours: readonly Behaviour[] = [
  {
    id: 'files-out.ended',
    group: 'files-out',
    title: 'gives files after the end',
    run: async (context) => {
      const { workload } = await context.run(makeFiles)
      const entries = await readArchive(await workload.readFiles(['out/one', 'out/sub/two']))
      equal(contents(entries), { 'out/one': 'one', 'out/sub/two': 'two' }, 'the files')
      equal(modeOf(entries, 'out/sub/two') & 0o111, 0o111, 'who may execute out/sub/two')
      equal(modeOf(entries, 'out/one') & 0o111, 0, 'who may execute out/one')
    },
  },
  {
    id: 'files-out.running',
    group: 'files-out',
    title: 'gives files while the workload runs',
    run: async (context) => {
      const workload = await context.launch(makeFiles, ['hold'])
      await using reader = context.read(workload)
      await reader.until('made')
      const entries = await readArchive(await workload.readFiles(['out/one']))
      equal(contents(entries), { 'out/one': 'one' }, 'the files')
      await workload.interrupt('soft')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 0 },
        'the outcome',
      )
    },
  },
  {
    id: 'files-out.attached',
    group: 'files-out',
    title: 'gives files to another executor',
    run: async (context) => {
      const { workload } = await context.run(makeFiles)
      const attached = await (await context.another()).attach(workload.id)
      check(attached !== undefined, 'attach does not know the workload')
      const entries = await readArchive(await attached.readFiles(['out/one']))
      equal(contents(entries), { 'out/one': 'one' }, 'the files')
    },
  },
  {
    id: 'files-out.missing',
    group: 'files-out',
    title: 'leaves out what does not exist',
    run: async (context) => {
      const { workload } = await context.run(makeFiles)
      const paths = ['nothing', 'out/one', 'out/none/of/this', 'out/one/below']
      const entries = await readArchive(await workload.readFiles(paths))
      equal(contents(entries), { 'out/one': 'one' }, 'the files')
      equal(
        (await readArchive(await workload.readFiles(['nothing']))).size,
        0,
        'how many there are of nothing',
      )
      equal(
        (await readArchive(await workload.readFiles([]))).size,
        0,
        'how many there are of no path',
      )
    },
  },
  {
    id: 'files-out.directory',
    group: 'files-out',
    title: 'gives a directory with all that lies below it',
    run: async (context) => {
      const { workload } = await context.run(makeFiles)
      const entries = await readArchive(await workload.readFiles(['out']))
      equal(contents(entries), { 'out/one': 'one', 'out/sub/two': 'two' }, 'the files')
      equal(entries.get('out/empty')?.type, 'directory', 'what out/empty is')
    },
  },
  {
    id: 'files-out.round-trip',
    group: 'files-out',
    title: 'gives back 8 MB as they were laid in',
    run: async (context) => {
      const content = randomBytes(8 * 1024 * 1024)
      const files = () => archive([{ name: 'in/large', content }])
      const { workload } = await context.run(look, [], { files })
      const entries = await readArchive(await workload.readFiles(['in/large']))
      equalBytes(entries.get('in/large')?.content ?? Buffer.alloc(0), content, 'the file')
    },
  },
  {
    id: 'files-out.escape',
    group: 'files-out',
    title: 'refuses paths that leave the job directory',
    run: async (context) => {
      const { workload } = await context.run(makeFiles)
      for (const path of ['../outside', '/etc/passwd', 'out/../../outside', '..']) {
        const reading = workload.readFiles([path]).then(async (source) => await readArchive(source))
        await refused(reading, ['INVALID_SPEC', 'INVALID_FILES'], `readFiles of ${path}`)
      }
    },
  },
  {
    id: 'files-out.link',
    group: 'files-out',
    title: 'follows no link that leads out of the job directory',
    run: async (context) => {
      const { workload } = await context.run(makeFiles)
      const paths = ['out/away/passwd', 'out/away', 'out']
      for (const path of paths) {
        const entries = await readArchive(await workload.readFiles([path]))
        const followed = [...entries].filter(
          ([name, { type }]) => name.startsWith('out/away') && type !== 'symlink',
        )
        equal(
          followed.map(([name]) => name),
          [],
          `what lies behind the link in ${path}`,
        )
      }
    },
  },
]

function contents(entries: ReadonlyMap<string, ReadEntry>): Readonly<Record<string, string>> {
  const names = [...entries.keys()].toSorted((one, other) => (one < other ? -1 : 1))
  const files: Record<string, string> = {}
  for (const name of names) {
    const entry = entries.get(name)
    if (entry?.type === 'file') files[name] = entry.content.toString()
  }
  return files
}

function modeOf(entries: ReadonlyMap<string, ReadEntry>, name: string): number {
  return entries.get(name)?.mode ?? 0
}

import type { FakeProcess } from '../../fake/fake-process.ts'
import type { KitProgram } from './kit-program.ts'

const grow = 'x=0123456789abcdef; while :; do x=$x$x; done'

/** The main process takes memory until it is stopped. */
export const takeMemory: KitProgram = {
  name: 'take-memory',
  script: `echo growing; ${grow}`,
  fake: (process) => {
    process.write('growing\n')
    takeAll(process)
  },
}

/** A child takes memory until it is stopped; the main process goes on and exits with 3. */
export const childTakesMemory: KitProgram = {
  name: 'child-takes-memory',
  script: `sh -c '${grow}'; echo "child $?"; exit 3`,
  fake: async (process) => {
    const exitCode = await process.spawn(takeAll)
    process.write(`child ${exitCode}\n`)
    return 3
  },
}

function takeAll(process: FakeProcess): never {
  for (;;) process.allocate(1024 * 1024)
}

/** Reads `content` of the cache `$1` and tries to write beside it. */
export const useCache: KitProgram = {
  name: 'use-cache',
  script: `cat "caches/$1/content"; echo
if (echo changed >"caches/$1/content") 2>/dev/null; then echo writable; else echo read-only; fi
if (echo new >"caches/$1/new") 2>/dev/null; then echo writable; else echo read-only; fi`,
  fake: (process, [name]) => {
    process.write(`${process.files.text(`caches/${name}/content`) ?? ''}\nread-only\nread-only\n`)
  },
}

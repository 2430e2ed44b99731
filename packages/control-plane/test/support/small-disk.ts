import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { temporaryDirectory } from './temporary-directory.ts'

/** A disk of so many MiB; needs the right to mount. */
export function mountSmallDisk(
  parent: string,
  mebibytes: number,
): AsyncDisposable & { readonly path: string } {
  const path = join(parent, 'disk')
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path], {
    stdio: 'ignore',
  })
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' })
    },
  }
}

/** Whether this machine lets us mount. */
export const canMount = await (async () => {
  if (process.getuid?.() !== 0) return false
  await using directory = await temporaryDirectory()
  try {
    await mountSmallDisk(directory.path, 1)[Symbol.asyncDispose]()
    return true
  } catch {
    return false
  }
})()

/** Writes a file until there is no room left. */
export function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch {
    // Full, as wanted.
  } finally {
    closeSync(file)
  }
}

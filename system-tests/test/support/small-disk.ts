import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** A disk of so many MiB, or `undefined` where this machine does not let us mount one. */
export function mountSmallDisk(
  parent: string,
  mebibytes: number,
): (AsyncDisposable & { readonly path: string }) | undefined {
  const path = join(parent, 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' })
    },
  }
}

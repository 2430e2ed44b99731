/** What the engine tells of a path in a container. */
export interface PathStat {
  readonly name: string
  readonly isDirectory: boolean
  readonly isLink: boolean
}

/** Bits of Go's `os.FileMode`. */
const goDirectory = 2 ** 31
const goSymlink = 2 ** 27

/** Reads the header `X-Docker-Container-Path-Stat`. */
export function parsePathStat(header: string): PathStat | undefined {
  const stat: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
  if (typeof stat !== 'object' || stat === null || !('mode' in stat) || !('name' in stat)) {
    return undefined
  }
  const mode = Number(stat.mode)
  const has = (bit: number): boolean => Math.floor(mode / bit) % 2 === 1
  return { name: String(stat.name), isDirectory: has(goDirectory), isLink: has(goSymlink) }
}

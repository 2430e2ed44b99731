import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Something that was planted and must not be found where it may not be. */
export interface Canary {
  readonly name: string
  readonly value: string
}

/** A canary in one of its written forms. */
export interface Needle {
  readonly name: string
  readonly bytes: Buffer
}

/**
 * The forms in which a canary may have been written, made here and not by the code under test: the
 * value, its lines, base64 at each alignment, URL and JSON escapes.
 */
export function needlesOf({ name, value }: Canary): readonly Needle[] {
  const lines = value.split('\n').filter((line) => /\w{6}/u.test(line))
  const base64 = [0, 1, 2].map((skipped) => {
    const text = Buffer.concat([Buffer.alloc(skipped, 'x'), Buffer.from(value)]).toString('base64')
    // Without what the neighbours decide, and short enough to lie within one line of `base64`.
    return text.slice(skipped === 0 ? 0 : 4, 40)
  })
  const forms = {
    raw: lines,
    json: [JSON.stringify(value).slice(1, -1)],
    url: [encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)],
    base64,
  }
  return Object.entries(forms).flatMap(([form, texts]) =>
    [...new Set(texts)].map((text) => ({ name: `${name} (${form})`, bytes: Buffer.from(text) })),
  )
}

/** Any JWT at all, also one that the test does not know of. */
const anyToken = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/u

/** Names of what was found, each with its place. */
export function search(place: string, content: Buffer, needles: readonly Needle[]): string[] {
  const found = searchPlanted(place, content, needles)
  if (anyToken.test(content.toString('latin1'))) found.push(`a token in ${place}`)
  return found
}

/** Only what this test planted: for places that it shares with others. */
export function searchPlanted(
  place: string,
  content: Buffer,
  needles: readonly Needle[],
): string[] {
  return needles
    .filter(({ bytes }) => content.includes(bytes))
    .map(({ name }) => `${name} in ${place}`)
}

/** Every file below a directory, except where `skip` says so. What vanishes meanwhile is skipped. */
export async function searchDirectory(
  directory: string,
  needles: readonly Needle[],
  skip: (path: string) => boolean = () => false,
): Promise<string[]> {
  const found: string[] = []
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(directory, path)
    if (!entry.isFile() || skip(name)) continue
    const content = await readFile(path).catch(() => Buffer.alloc(0))
    found.push(...search(name, Buffer.concat([content, Buffer.from(`\n${name}`)]), needles))
  }
  return found
}

/** Every column of every table, but those that may hold a secret. */
export function searchDatabase(
  path: string,
  needles: readonly Needle[],
  allowed: ReadonlySet<string>,
): string[] {
  using database = new DatabaseSync(path, { readOnly: true })
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map((row) => String(row['name']))
  return tables.flatMap((table) =>
    database
      .prepare(`SELECT * FROM "${table}"`)
      .all()
      .flatMap((row) => Object.entries(row))
      .flatMap(([column, value]) => {
        const place = `${table}.${column}`
        if (allowed.has(place)) return []
        const content = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(`${value}`)
        return search(place, content, needles)
      }),
  )
}

import { readFile, stat } from 'node:fs/promises'

/** The text of a file of ours, or `undefined` when it is larger than that. */
export async function readSmallFile(path: string, maxBytes: number): Promise<string | undefined> {
  const { size } = await stat(path)
  return size > maxBytes ? undefined : readFile(path, 'utf8')
}

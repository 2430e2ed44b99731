import { readFile } from 'node:fs/promises'

import { AddressError } from './endpoint.ts'

/**
 * The text of a file, or `undefined` when it does not exist.
 *
 * @throws {@link AddressError} when it is there and cannot be read
 */
export async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new AddressError(`${path} cannot be read (${String(code)}).`)
  }
}

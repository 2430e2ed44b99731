import { CacheError } from '../../errors/index.ts'

/** What a server has, or `undefined` where it said that it has it not. */
export async function orNotFound<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof CacheError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

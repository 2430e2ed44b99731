import { isDiskFull } from './disk-error.ts'

/** Does the work; where the disk is full, makes room and does it once more. */
export async function withRoom<T>(
  work: () => Promise<T>,
  makeRoom: () => Promise<void>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDiskFull(error)) throw error
    await makeRoom()
    return work()
  }
}

import { ControlPlaneError, errorCode } from '../runtime/index.ts'

/** Does something with a file, and says in our words when the disk is full. */
export async function withDiskErrors<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDiskFull(error)) throw error
    throw new ControlPlaneError(
      `Cannot ${action}: the disk is full. Free some space; nothing was changed.`,
      { code: 'DISK_FULL', cause: error },
    )
  }
}

function isDiskFull(error: unknown): boolean {
  return errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT'
}

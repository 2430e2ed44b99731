import { z } from 'zod'

import type { StateLockRow } from '../store/index.ts'

import type { StateCaller } from './state-locks.ts'

/** What is written about a lock that a person takes by token alone, in Terraform's own words where it has some. */
const infoSchema = z.object({ Holder: z.string() })

/** Terraform's `remote` backend sends no lock id: who took the lock is whom the token stands for. */
export function ownLockInfo(lock: {
  readonly id: string
  readonly holderId: string
  /** For people: an address, or the run. */
  readonly who: string
  readonly reason: string
  /** What `terraform force-unlock` wants to be told. */
  readonly path: string
  readonly createdAt: string
}): string {
  return JSON.stringify({
    ID: lock.id,
    Operation: '',
    Info: lock.reason,
    Who: lock.who,
    Version: '',
    Created: lock.createdAt,
    Path: lock.path,
    Holder: lock.holderId,
  })
}

/** Whether the caller took this lock: a run any of its own, a person one that was taken by token alone. */
export function isOwnLock(lock: StateLockRow, caller: StateCaller): boolean {
  if (caller.kind === 'run') return lock.run_id === caller.runId
  if (lock.run_id !== null) return false
  const info = infoSchema.safeParse(parse(lock.info_json))
  return info.success && info.data.Holder === caller.userId
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { z } from 'zod'

import type { JobRow, RunRow, StateLockRow, StateLocksRepository } from '../store/index.ts'

/** What Terraform writes about a lock; everything may be missing. */
const infoSchema = z.object({
  Operation: z.string().catch(''),
  Who: z.string().catch(''),
  Created: z.string().catch(''),
  // Both of a lock that was taken through the `remote` backend, whose tool knows no other name of it.
  Path: z.string().catch(''),
  Holder: z.string().catch(''),
})

/** Who holds the lock of a state, and since when. */
export interface StateLockFacts {
  readonly id: string
  /** What `terraform force-unlock` wants to be told. */
  readonly forceUnlockId: string
  /** `user@host`, as the tool says; `null` when it does not. */
  readonly who: string | null
  /** In the tool's words, e.g. `OperationTypeApply`. */
  readonly operation: string | null
  readonly createdAt: string
  /** `null`: a person. */
  readonly runId: string | null
}

export function stateLockFacts(lock: Omit<StateLockRow, 'workspace_id'>): StateLockFacts {
  const info = infoSchema.safeParse(parse(lock.info_json)).data
  return {
    id: lock.lock_id,
    forceUnlockId:
      info === undefined || info.Holder === '' || info.Path === '' ? lock.lock_id : info.Path,
    who: info === undefined || info.Who === '' ? null : info.Who,
    operation: info === undefined || info.Operation === '' ? null : info.Operation,
    createdAt: info === undefined || info.Created === '' ? lock.created_at : info.Created,
    runId: lock.run_id,
  }
}

/**
 * The lock that is in the way after the job's end: its own, or that of another. A plan's own goes with the
 * plan: its tool has ended, and its token with it.
 */
export function lockLeftBy(locks: StateLocksRepository, job: JobRow): StateLockFacts | undefined {
  const lock = locks.get(job.workspace_id)
  if (lock === undefined || (lock.run_id === job.run_id && job.phase !== 'apply')) return undefined
  return stateLockFacts(lock)
}

/** `taken by root@host for the run run-1 on 2026-01-01T00:00:00Z (OperationTypeApply)` */
export function describeHolder(facts: StateLockFacts): string {
  const operation = facts.operation === null ? '' : ` (${facts.operation})`
  const forRun = facts.who === null || facts.runId === null ? '' : ` for the run ${facts.runId}`
  return `taken by ${holderOf(facts)}${forRun} on ${facts.createdAt}${operation}`
}

function holderOf({ who, runId }: StateLockFacts): string {
  return who ?? (runId === null ? 'a person' : `the run ${runId}`)
}

/**
 * What is to be said of a lock that is in the way, beyond what the agent said: Terraform tells it the lock's
 * id, and not whose it is.
 */
export function lockWords(
  platform: RunRow['iac_platform'],
  facts: StateLockFacts,
  said: string,
): string | undefined {
  if (!said.includes(facts.id)) return lockAdvice(platform, facts)
  const isTold = said.includes(holderOf(facts)) && said.includes(facts.runId ?? '')
  return isTold ? undefined : `The lock was ${describeHolder(facts)}.`
}

/** What to do about a lock that nobody may release any more. */
export function lockAdvice(platform: RunRow['iac_platform'], facts: StateLockFacts): string {
  return (
    `The state is locked: lock ID ${facts.id}, ${describeHolder(facts)}. Once you are sure that nothing works on it: ` +
    forceUnlockLine(platform, facts.forceUnlockId)
  )
}

/** The command that releases a lock which nobody releases any more. */
function forceUnlockLine(platform: RunRow['iac_platform'], lockId: string): string {
  return `${platform === 'opentofu' ? 'tofu' : 'terraform'} force-unlock ${lockId}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

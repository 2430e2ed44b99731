import type { FastifyRequest } from 'fastify'

import { describeHolder, stateLockFacts } from '../engine/index.ts'
import { conflict, idOf, textOf, userOf, workspaces, type ApiUser } from '../public-api/index.ts'
import { isOwnLock, ownLockInfo } from '../state/index.ts'
import {
  findWorkspaceFacts,
  StateLocksRepository,
  type StateLockRow,
  type WorkspaceFacts,
} from '../store/index.ts'

import { currentRunOf } from './current-run.ts'
import { lockReason } from './lock-reason.ts'
import { sendData } from './send-data.ts'
import { fromState, stateCall, type StateCall } from './state-access.ts'
import { workspaceRow, type TfeApi } from './tfe-api.ts'
import { workspaceResource } from './workspace-resource.ts'

/**
 * The lock of a workspace is Terraform's lock on its state, the same one that the `http` backend takes, so
 * that whoever holds it, holds up the workspace's runs as well.
 */
export function registerWorkspaceLocks(api: TfeApi): void {
  const { app, db, clock, ids, engine } = api
  const held = new StateLocksRepository(db)

  function lock(call: StateCall, user: ApiUser, body: unknown): void {
    const { workspaceId, caller, workspace } = call
    db.transaction(() => {
      call.recheck()
      if (caller.kind === 'run' && caller.isDry) return
      const blocked = blocker(call)
      if (blocked !== undefined) throw conflict(blocked)
      const id = ids('lock')
      const info = ownLockInfo({
        id,
        holderId: user.userId,
        who: nameOf(user),
        reason: lockReason(body),
        path: `${textOf(workspace, 'environment_id')}/${textOf(workspace, 'name')}`,
        createdAt: clock.now().toISOString(),
      })
      api.locks.lock(workspaceId, caller, { id, info })
    })
  }

  /** Why the lock cannot be taken, with the name of whoever holds it. */
  function blocker({ workspaceId, caller }: StateCall): string | undefined {
    const lockRow = held.get(workspaceId)
    if (lockRow !== undefined) return heldBy(lockRow)
    if (caller.kind === 'run') return undefined
    const facts = findWorkspaceFacts(db, workspaceId)
    const run = api.reader.row(workspaces, facts?.account_id ?? '', workspaceId)['holding_run_id']
    if (typeof run === 'string') return `The workspace is locked by Run ${run}.`
    return facts && personsLock(facts)
  }

  function unlock(call: StateCall): void {
    const { workspaceId, caller } = call
    db.transaction(() => {
      call.recheck()
      if (caller.kind === 'run' && caller.isDry) return
      const lockRow = held.get(workspaceId)
      if (lockRow === undefined) throw conflict('Workspace already unlocked.')
      if (!isOwnLock(lockRow, caller)) throw conflict(heldBy(lockRow))
      held.remove(workspaceId)
    })
    engine.workspaceChanged(workspaceId)
  }

  /** Breaks the tool's lock; where there is none, a person's. One that a run at work holds, stays. */
  function forceUnlock({ workspaceId }: StateCall): void {
    db.transaction(() => {
      const lockRow = held.get(workspaceId)
      if (lockRow !== undefined) {
        if (lockRow.run_id !== null && isAtWork(lockRow.run_id)) {
          throw conflict(`${heldBy(lockRow)} The run is at work: cancel it first.`)
        }
        held.remove(workspaceId)
        return
      }
      if (findWorkspaceFacts(db, workspaceId)?.locked !== 1) {
        throw conflict('Workspace already unlocked.')
      }
      db.run(
        'UPDATE workspaces SET locked = 0, lock_reason = NULL, locked_by = NULL WHERE id = ?',
        workspaceId,
      )
    })
    engine.workspaceChanged(workspaceId)
  }

  function isAtWork(runId: string): boolean {
    return (
      db.get("SELECT 1 FROM jobs WHERE run_id = ? AND state = 'started' LIMIT 1", runId) !==
      undefined
    )
  }

  function nameOf({ userId }: ApiUser): string {
    return (
      db.get<{ email: string }>('SELECT email FROM actors WHERE id = ?', userId)?.email ?? userId
    )
  }

  const actions: Readonly<Record<string, (call: StateCall, request: FastifyRequest) => void>> = {
    lock: (call, request) => lock(call, userOf(request), request.body),
    unlock,
    'force-unlock': forceUnlock,
  }
  for (const [name, action] of Object.entries(actions)) {
    app.post(`/workspaces/:id/actions/${name}`, async (request, reply) => {
      const call = await stateCall(api, request)
      await fromState(call.workspaceId, () => Promise.resolve().then(() => action(call, request)))
      const user = userOf(request)
      const row = workspaceRow(api, user, idOf(request))
      const currentRunId = currentRunOf(db, row)
      return sendData(reply, workspaceResource(row, { isRun: user.kind === 'run', currentRunId }))
    })
  }
}

/** Whoever holds it, and since when. */
export function heldBy(lock: StateLockRow): string {
  return `The state is locked: lock ID ${lock.lock_id}, ${describeHolder(stateLockFacts(lock))}.`
}

/** A lock that a person set, which stops whatever would work on the workspace. */
function personsLock(facts: WorkspaceFacts): string | undefined {
  const because = (text: string | null): string =>
    text === null || text === '' ? '' : ` (${text})`
  if (facts.environment_locked === 1) {
    return `The environment ${facts.environment_name} is locked${because(facts.environment_lock_reason)}.`
  }
  return facts.locked === 1
    ? `The workspace is locked by a person${because(facts.lock_reason)}.`
    : undefined
}

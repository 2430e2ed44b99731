import { z } from 'zod'

import { StateLocksRepository } from '../../store/index.ts'
import { conflict } from '../json-api/index.ts'
import { actionOf, does, oneOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { workspaces } from '../resources/index.ts'

import { parseActionBody, sendResource } from './writes.ts'

const unlockSchema = z.object({
  'lock-id': z.string({ error: 'Name the lock: `{"lock-id": "…"}`.' }).min(1).max(255),
})

/**
 * Our own: `terraform force-unlock` without a working directory. It names the lock, so that it cannot break
 * one that was taken since.
 */
export function registerUnlockState(api: PublicApi): void {
  const { app, db } = api
  const locks = new StateLocksRepository(db)

  app.post(
    '/workspaces/:id/actions/unlock-state',
    does({
      id: 'unlock_workspace_state',
      summary: "Break Terraform's lock on a Workspace's state",
      body: actionOf(unlockSchema),
      answer: oneOf(workspaces),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      const { 'lock-id': lockId } = parseActionBody(request.body, unlockSchema)
      db.transaction(() => {
        api.reader.row(workspaces, userOf(request).accountId, id)
        const held = locks.get(id)
        if (held === undefined) throw conflict('The state is not locked.')
        if (held.lock_id !== lockId) {
          throw conflict(`The state is locked with another ID: ${held.lock_id}.`)
        }
        if (held.run_id !== null && isAtWork(api, held.run_id)) {
          throw conflict(
            `The run ${held.run_id} that locked the state is at work. Cancel it first.`,
          )
        }
        locks.remove(id)
      })
      api.engine.workspaceChanged(id)
      return sendResource(api, request, reply, { resource: workspaces, id })
    },
  )
}

function isAtWork(api: PublicApi, runId: string): boolean {
  const job = api.db.get("SELECT 1 FROM jobs WHERE run_id = ? AND state = 'started' LIMIT 1", runId)
  return job !== undefined
}

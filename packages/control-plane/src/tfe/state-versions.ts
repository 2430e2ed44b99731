import { z } from 'zod'

import {
  conflict,
  idOf,
  invalidRelationship,
  notFound,
  nullableTextOf,
  parseWriteBody,
  PublicApiError,
  sendStored,
  stateVersions,
  textOf,
  userOf,
  type ApiUser,
  type Row,
  type WriteBody,
} from '../public-api/index.ts'
import { isOwnLock, readDeclaredState, StateError, writeState } from '../state/index.ts'
import { dataFiles, StateLocksRepository } from '../store/index.ts'

import { sendData, toOne, type TfeResource } from './send-data.ts'
import { fromState, stateCall, type StateCall } from './state-access.ts'
import { tfePath } from './tfe-path.ts'
import { requireOwn, type TfeApi } from './tfe-api.ts'
import { heldBy } from './workspace-locks.ts'

const createSchema = z.object({
  // Clients that would upload it by itself fall back to a document with all of it, which is one write.
  state: z.string({ error: 'param is missing or the value is empty: state' }).min(1),
  serial: z.int().nonnegative({ message: 'Serial must be a whole number from 0.' }),
  md5: z.string().regex(/^[0-9a-f]{32}$/iu, 'MD5 must be 32 hexadecimal digits.'),
  lineage: z.string().max(255).nullish(),
  force: z.boolean().default(false),
})

/** States of workspaces: read, downloaded, written. */
export function registerStateVersions(api: TfeApi): void {
  const { app, db, states, limits } = api
  const locks = new StateLocksRepository(db)

  function versionRow(user: ApiUser, id: string): Row {
    const row = api.reader.row(stateVersions, user.accountId, id)
    requireOwn(user, textOf(row, 'workspace_id'), () => notFound('StateVersion', id))
    return row
  }

  function shown(row: Row): TfeResource {
    return stateVersionResource(row, api.publicUrl())
  }

  app.get('/workspaces/:id/current-state-version', async (request, reply) => {
    const { workspaceId } = await stateCall(api, request)
    const current = states.current(workspaceId)
    if (current === undefined) throw new PublicApiError(404, { title: 'not found' })
    return sendData(reply, shown(versionRow(userOf(request), current.id)))
  })

  app.get('/state-versions/:id', (request, reply) =>
    sendData(reply, shown(versionRow(userOf(request), idOf(request)))),
  )

  app.get('/state-versions/:id/download', async (request, reply) => {
    const id = textOf(versionRow(userOf(request), idOf(request)), 'id')
    return sendStored(api, reply, {
      file: dataFiles.state(id),
      mediaType: 'application/json',
      missing: notFound('StateVersion', id),
    })
  })

  // Base64 makes three bytes four; the outputs, which the client sends once more, can be as much again.
  const bodyLimit = Math.ceil(limits.stateBytes / 3) * 8 + 64 * 1024
  app.post('/workspaces/:id/state-versions', { bodyLimit }, async (request, reply) => {
    const call = await stateCall(api, request)
    const body = parseWriteBody(request.body, 'state-versions', createSchema)
    const id = await fromState(call.workspaceId, () => write(call, body))
    return sendData(reply, shown(versionRow(userOf(request), id)), 201)
  })

  async function write(
    call: StateCall,
    body: WriteBody<z.infer<typeof createSchema>>,
  ): Promise<string> {
    const { workspaceId, caller } = call
    if (caller.kind === 'run' && caller.isDry) {
      throw new StateError(403, 'A dry run does not change the state.')
    }
    const content = readDeclaredState(body.attributes)
    if (content.byteLength > limits.stateBytes) {
      throw new StateError(
        413,
        'The state is larger than this control plane takes. Nothing was changed.',
      )
    }
    return writeState(
      { db, states },
      {
        workspaceId,
        content,
        runId: caller.kind === 'run' ? caller.runId : runOf(workspaceId, body.one('run')),
        // A person may overwrite what does not follow; a run never.
        force: caller.kind === 'user' && body.attributes.force,
        check: () => {
          call.recheck()
          requireLock(call)
        },
      },
    )
  }

  /** Nobody writes without the lock: if it was broken in the meantime, another may have written. */
  function requireLock({ workspaceId, caller }: StateCall): void {
    const lock = locks.get(workspaceId)
    if (lock === undefined) {
      throw conflict(
        'The workspace is not locked by whoever writes: the lock was broken in the meantime, or never taken ' +
          '(-lock=false). Nothing was changed.',
      )
    }
    if (!isOwnLock(lock, caller)) throw conflict(`${heldBy(lock)} Nothing was changed.`)
  }

  function runOf(workspaceId: string, id: string | null | undefined): string | null {
    if (typeof id !== 'string') return null
    const row = db.get('SELECT 1 FROM runs WHERE id = ? AND workspace_id = ?', id, workspaceId)
    if (row !== undefined) return id
    throw invalidRelationship('run', `Run with ID '${id}' not found or user unauthorized.`)
  }
}

function stateVersionResource(row: Row, publicUrl: string): TfeResource {
  const id = textOf(row, 'id')
  return {
    type: 'state-versions',
    id,
    attributes: {
      'created-at': textOf(row, 'created_at'),
      'hosted-state-download-url': `${publicUrl}${tfePath}/state-versions/${id}/download`,
      'hosted-json-state-download-url': null,
      serial: row['serial'] ?? null,
      lineage: nullableTextOf(row, 'lineage'),
      md5: textOf(row, 'md5'),
      size: row['bytes'] ?? null,
      status: 'finalized',
      'state-version': 4,
      'resources-processed': true,
    },
    relationships: {
      run: toOne('runs', nullableTextOf(row, 'run_id')),
      workspace: toOne('workspaces', textOf(row, 'workspace_id')),
    },
  }
}

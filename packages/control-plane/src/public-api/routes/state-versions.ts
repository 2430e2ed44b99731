import { z } from 'zod'

import { readDeclaredState, StateError, StateStore, writeState } from '../../state/index.ts'
import { dataFiles } from '../../store/index.ts'
import {
  conflict,
  invalidAttribute,
  jsonOf,
  notFound,
  nullableTextOf,
  parseWriteBody,
  PublicApiError,
  textOf,
  type Row,
} from '../json-api/index.ts'
import { does, fileOf, oneOf, plainJson, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { runs, shownOutputs, stateVersions, workspaces } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { sendStored } from './send-stored.ts'
import { relatedRow, requiredRow, sendResource } from './writes.ts'

const createSchema = z.object({
  state: z.string({ error: 'State cannot be empty.' }).min(1, 'State cannot be empty.'),
  serial: z.int().nonnegative({ message: 'Serial must be a whole number from 0.' }),
  md5: z.string().regex(/^[0-9a-f]{32}$/iu, 'MD5 must be 32 hexadecimal digits.'),
  lineage: z.string().max(255).nullish(),
  force: z.boolean().default(false),
})

const outputsSchema = z.object({
  data: z.array(
    z.object({ name: z.string(), value: z.unknown().optional(), sensitive: z.boolean() }),
  ),
})

export function registerStateVersions(api: PublicApi): void {
  const { app, db, limits } = api
  const states = new StateStore(api)
  registerReads(api, stateVersions)

  app.get(
    '/state-versions/:id/download',
    does({
      id: 'get_state_version_download',
      summary: 'Download State Version',
      answer: fileOf('application/json'),
    }),
    async (request, reply) => {
      const row = api.reader.row(stateVersions, userOf(request).accountId, idOf(request))
      return sendStored(api, reply, {
        file: dataFiles.state(textOf(row, 'id')),
        mediaType: 'application/json',
        missing: notFound('StateVersion', textOf(row, 'id')),
      })
    },
  )

  app.get(
    '/workspaces/:id/current-state-version',
    does({
      id: 'get_current_state_version',
      summary: "Get Workspace's Current State Version",
      answer: oneOf(stateVersions),
    }),
    (request, reply) => {
      const workspaceId = idOf(request)
      api.reader.row(workspaces, userOf(request).accountId, workspaceId)
      const current = currentId(api, workspaceId)
      if (current === undefined) {
        throw new PublicApiError(404, {
          title: `Workspace with ID '${workspaceId}' does not have a current state version.`,
        })
      }
      return sendResource(api, request, reply, { resource: stateVersions, id: current })
    },
  )

  app.get(
    '/workspaces/:id/outputs',
    does({
      id: 'get_workspace_outputs',
      summary: "List workspace's outputs.",
      answer: plainJson(outputsSchema),
    }),
    (request, reply) => {
      const workspaceId = idOf(request)
      const { accountId } = userOf(request)
      api.reader.row(workspaces, accountId, workspaceId)
      const current = currentId(api, workspaceId)
      const outputs =
        current === undefined
          ? []
          : shownOutputs(jsonOf(api.reader.row(stateVersions, accountId, current), 'outputs_json'))
      // Plain JSON, not JSON:API, as at Scalr.
      return reply.type('application/json').send(JSON.stringify({ data: outputs }))
    },
  )

  app.post(
    '/state-versions',
    {
      // Base64 makes three bytes four; the rest is the document around it.
      bodyLimit: Math.ceil(limits.stateBytes / 3) * 4 + 64 * 1024,
      ...does({
        id: 'create_state_version',
        summary: 'Create a State Version',
        body: writeOf(stateVersions, createSchema, 'workspace!', 'run'),
        answer: oneOf(stateVersions, 201),
        refusals: [409, 412, 413],
      }),
    },
    async (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'state-versions', createSchema)
      const workspace = { name: 'workspace', resource: workspaces }
      const workspaceId = textOf(requiredRow(api, accountId, body, workspace), 'id')
      const runId = body.one('run') ?? null
      if (runId !== null) relatedRow(api, accountId, { name: 'run', resource: runs, id: runId })
      const { force } = body.attributes
      const id = await fromState(async () => {
        const content = readDeclaredState(body.attributes)
        return writeState(
          { db, states },
          {
            workspaceId,
            content,
            runId,
            force,
            check: () => {
              checkWorkspace(api, api.reader.row(workspaces, accountId, workspaceId))
              if (!force) checkSerial(states, workspaceId, body.attributes.serial)
            },
          },
        )
      })
      return sendResource(api, request, reply, { resource: stateVersions, id, status: 201 })
    },
  )
}

/** Nobody else may be at work on it. */
function checkWorkspace(api: PublicApi, workspace: Row): void {
  const run = nullableTextOf(workspace, 'holding_run_id')
  if (run !== null) throw conflict(`The workspace is locked by run ${run}.`)
  const lock = api.db.get<{ lock_id: string }>(
    'SELECT lock_id FROM state_locks WHERE workspace_id = ?',
    textOf(workspace, 'id'),
  )
  if (lock !== undefined) throw conflict(`The state is locked (lock ID ${lock.lock_id}).`)
}

function checkSerial(states: StateStore, workspaceId: string, serial: number): void {
  const current = states.current(workspaceId)
  if (current === undefined || serial >= current.serial) return
  throw new PublicApiError(412, {
    title: 'Precondition Failed',
    detail: `The state's serial is ${serial}, but the workspace is at ${current.serial}.`,
  })
}

/** What the state's own rules refuse. */
async function fromState<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    throw error.status === 400 ? invalidAttribute('state', error.message) : conflict(error.message)
  }
}

function currentId(api: PublicApi, workspaceId: string): string | undefined {
  return api.db.get<{ id: string }>(
    'SELECT id FROM state_versions WHERE workspace_id = ? ORDER BY rowid DESC LIMIT 1',
    workspaceId,
  )?.id
}

import { createHash } from 'node:crypto'

import { z } from 'zod'

import { parseState, type ParsedState } from '../../state/index.ts'
import { dataFiles } from '../../store/index.ts'
import {
  conflict,
  flagOf,
  invalidAttribute,
  invalidRelationship,
  jsonOf,
  notFound,
  nullableTextOf,
  parseWriteBody,
  PublicApiError,
  textOf,
  type Row,
} from '../json-api/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { runs, shownOutputs, stateVersions, workspaces } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { insertRow, relatedRow, sendResource } from './writes.ts'

const createSchema = z.object({
  state: z.string({ error: 'State cannot be empty.' }).min(1, 'State cannot be empty.'),
  serial: z.int().nonnegative({ message: 'Serial must be a whole number from 0.' }),
  md5: z.string().regex(/^[0-9a-f]{32}$/iu, 'MD5 must be 32 hexadecimal digits.'),
  lineage: z.string().max(255).nullish(),
  force: z.boolean().default(false),
})

export function registerStateVersions(api: PublicApi): void {
  const { app, db, files, limits } = api
  registerReads(api, stateVersions)

  app.get('/state-versions/:id/download', async (request, reply) => {
    const row = api.reader.row(stateVersions, userOf(request).accountId, idOf(request))
    const file = dataFiles.state(textOf(row, 'id'))
    const size = await files.size(file)
    if (size === undefined) throw notFound('StateVersion', textOf(row, 'id'))
    return reply.header('content-length', size).type('application/json').send(files.read(file))
  })

  app.get('/workspaces/:id/current-state-version', (request, reply) => {
    const workspaceId = idOf(request)
    api.reader.row(workspaces, userOf(request).accountId, workspaceId)
    const current = currentId(api, workspaceId)
    if (current === undefined) {
      throw new PublicApiError(404, {
        title: `Workspace with ID '${workspaceId}' does not have a current state version.`,
      })
    }
    return sendResource(api, request, reply, { resource: stateVersions, id: current })
  })

  app.get('/workspaces/:id/outputs', (request, reply) => {
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
  })

  app.post(
    '/state-versions',
    // Base64 makes three bytes four; the rest is the document around it.
    { bodyLimit: Math.ceil(limits.stateBytes / 3) * 4 + 64 * 1024 },
    async (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'state-versions', createSchema)
      const workspaceId = body.one('workspace')
      if (typeof workspaceId !== 'string') {
        throw invalidRelationship('workspace', 'Workspace cannot be empty.')
      }
      relatedRow(api, accountId, { name: 'workspace', resource: workspaces, id: workspaceId })
      const runId = body.one('run') ?? null
      if (runId !== null) relatedRow(api, accountId, { name: 'run', resource: runs, id: runId })
      const state = decode(body.attributes)

      const id = api.ids('sv')
      const file = dataFiles.state(id)
      // The file first: a row never points to nothing. Without its row the file means nothing.
      await files.write(file, state.bytes)
      try {
        db.transaction(() => {
          const workspace = api.reader.row(workspaces, accountId, workspaceId)
          checkAgainst(api, workspace, state, body.attributes.force)
          insertRow(api, 'state_versions', {
            id,
            workspace_id: workspaceId,
            run_id: runId,
            serial: state.parsed.serial,
            lineage: state.parsed.lineage,
            md5: state.md5,
            bytes: state.bytes.byteLength,
            outputs_json: JSON.stringify(state.parsed.outputs),
            resources_json: JSON.stringify(state.parsed.resources),
            created_at: api.clock.now().toISOString(),
          })
        })
      } catch (error) {
        await files.remove(file)
        throw error
      }
      return sendResource(api, request, reply, { resource: stateVersions, id, status: 201 })
    },
  )
}

interface DecodedState {
  readonly bytes: Buffer
  readonly md5: string
  readonly parsed: ParsedState
}

/** Decodes the state and compares it with what was declared about it. */
function decode(attributes: z.infer<typeof createSchema>): DecodedState {
  const bytes = Buffer.from(attributes.state, 'base64')
  const md5 = createHash('md5').update(bytes).digest('hex')
  if (md5 !== attributes.md5.toLowerCase()) {
    throw conflict(`The MD5 of the state is ${md5}, not ${attributes.md5.toLowerCase()}.`)
  }
  const parsed = parseState(bytes)
  if (parsed === undefined) {
    throw invalidAttribute('state', 'State must be a Terraform state (JSON), encoded as Base64.')
  }
  if (parsed.serial !== attributes.serial) {
    throw conflict(`The serial in the state is ${parsed.serial}, not ${attributes.serial}.`)
  }
  const { lineage } = attributes
  if (typeof lineage === 'string' && lineage !== parsed.lineage) {
    throw conflict(`The lineage in the state is '${parsed.lineage ?? ''}', not '${lineage}'.`)
  }
  return { bytes, md5, parsed }
}

/** Nobody else may be at work, and the state must follow the present one. */
function checkAgainst(api: PublicApi, workspace: Row, state: DecodedState, force: boolean): void {
  const id = textOf(workspace, 'id')
  const run = nullableTextOf(workspace, 'holding_run_id')
  if (run !== null) throw conflict(`The workspace is locked by run ${run}.`)
  const lock = api.db.get<{ lock_id: string }>(
    'SELECT lock_id FROM state_locks WHERE workspace_id = ?',
    id,
  )
  if (lock !== undefined) throw conflict(`The state is locked (lock ID ${lock.lock_id}).`)
  const current = api.db.get<{ serial: number; lineage: string | null; md5: string }>(
    'SELECT serial, lineage, md5 FROM state_versions WHERE workspace_id = ? ORDER BY rowid DESC LIMIT 1',
    id,
  )
  if (current === undefined || force) return
  if (current.lineage !== null && current.lineage !== state.parsed.lineage) {
    throw conflict(
      `The state's lineage is '${state.parsed.lineage ?? ''}', but the workspace's is '${current.lineage}'.`,
    )
  }
  if (state.parsed.serial < current.serial) {
    throw new PublicApiError(412, {
      title: 'Precondition Failed',
      detail: `The state's serial is ${state.parsed.serial}, but the workspace is at ${current.serial}.`,
    })
  }
  if (state.parsed.serial === current.serial && state.md5 !== current.md5) {
    throw conflict(`Another state with serial ${current.serial} is there already.`)
  }
}

function currentId(api: PublicApi, workspaceId: string): string | undefined {
  return api.db.get<{ id: string }>(
    'SELECT id FROM state_versions WHERE workspace_id = ? ORDER BY rowid DESC LIMIT 1',
    workspaceId,
  )?.id
}

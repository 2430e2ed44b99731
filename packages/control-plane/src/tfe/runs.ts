import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import { resolvePool, type RunEngine } from '../engine/index.ts'
import {
  conflict,
  createRun,
  fromEngine,
  idOf,
  invalidRelationship,
  nullableTextOf,
  parseWriteBody,
  runs,
  textOf,
  userOf,
  workspaces,
  type ApiUser,
  type Row,
} from '../public-api/index.ts'
import { findWorkspaceFacts } from '../store/index.ts'

import { listRequest } from './list-request.ts'
import { runResource } from './run-resource.ts'
import { sendData, sendList, type TfeResource } from './send-data.ts'
import { workspaceRow, type TfeApi } from './tfe-api.ts'

const notTaken = (what: string) =>
  z.literal(false, { error: `${what} is not taken here.` }).nullish()

/** What the client says of a run. What would be passed over is refused. */
const createSchema = z.looseObject({
  'plan-only': z.boolean().nullish(),
  'allow-empty-apply': notTaken('An apply without changes'),
  'allow-config-generation': notTaken('Generating configuration'),
  'terraform-version': z
    .null({ error: 'A run takes the version of its workspace; change it there.' })
    .optional(),
  variables: z.array(z.object({ key: z.string(), value: z.string() })).nullish(),
})

/** Runs: started, followed, confirmed and cancelled by the client. The engine is the public API's. */
export function registerRuns(api: TfeApi): void {
  const { app, db, engine } = api

  function runRow(user: ApiUser, id: string): Row {
    return api.reader.row(runs, user.accountId, id)
  }

  function shown(row: Row): TfeResource {
    // Of its own workspace's queue: how many come before it.
    return runResource(row, Math.max(0, (engine.positionInQueue(textOf(row, 'id')) ?? 1) - 1))
  }

  app.post('/runs', (request, reply) => {
    const user = userOf(request)
    const id = createRun(api, user, runDocument(api, user, request.body))
    return sendData(reply, shown(runRow(user, id)), 201)
  })

  app.get('/runs/:id', (request, reply) =>
    sendData(reply, shown(runRow(userOf(request), idOf(request)))),
  )

  // There are none: what the client would show of them, it then leaves out.
  app.get('/runs/:id/run-events', (request, reply) => {
    runRow(userOf(request), idOf(request))
    return sendList(reply, [], { page: listRequest(request.url).page, total: 0 })
  })

  app.get('/workspaces/:id/runs', (request, reply) => {
    const user = userOf(request)
    const workspaceId = textOf(workspaceRow(api, user, idOf(request)), 'id')
    const { page } = listRequest(request.url)
    // Plans alone stand in nobody's way, and are not listed.
    const where = 'workspace_id = ? AND is_dry = 0'
    const total = db.get<{ count: number }>(
      `SELECT count(*) AS count FROM runs WHERE ${where}`,
      workspaceId,
    )
    const found = db.all<{ id: string }>(
      `SELECT id FROM runs WHERE ${where} ORDER BY sequence DESC LIMIT ? OFFSET ?`,
      workspaceId,
      page.size,
      (page.number - 1) * page.size,
    )
    const list = found.map(({ id }) => shown(runRow(user, id)))
    return sendList(reply, list, { page, total: total?.count ?? 0 })
  })

  const actions: Readonly<Record<string, (run: Row, by: string) => void>> = {
    apply: (run, by) => engine.confirm(textOf(run, 'id'), by),
    discard: (run, by) => engine.discard(textOf(run, 'id'), by),
    cancel: (run, by) => void engine.cancel(textOf(run, 'id'), { force: false, by }),
    'force-cancel': (run, by) => forceCancel(engine, run, by),
  }
  for (const [name, action] of Object.entries(actions)) {
    app.post(`/runs/:id/actions/${name}`, (request: FastifyRequest, reply) => {
      const user = userOf(request)
      const run = runRow(user, idOf(request))
      fromEngine(textOf(run, 'id'), 'Run', () => action(run, user.userId))
      return reply.code(202).send()
    })
  }
}

/** A tool is asked politely first: ending it at once loses what it has in flight (I8). */
function forceCancel(engine: RunEngine, run: Row, by: string): void {
  if (nullableTextOf(run, 'cancel_requested') === null) {
    throw conflict('Run was not canceled before. Cancel it first, and give it time to end.')
  }
  engine.cancel(textOf(run, 'id'), { force: true, by })
}

/** The document of the public API that asks for the same run. @throws {@link PublicApiError} 404, 422 */
function runDocument(api: TfeApi, user: ApiUser, document: unknown): unknown {
  const body = parseWriteBody(document, 'runs', createSchema)
  const workspaceId = body.one('workspace')
  const row =
    typeof workspaceId === 'string'
      ? api.reader.find(workspaces, user.accountId, workspaceId)
      : undefined
  if (row !== undefined) requirePool(api, row)
  const { 'plan-only': planOnly, variables, ...attributes } = body.attributes
  const configurationId = body.one('configuration-version')
  const relation = (type: string, id: string | null | undefined) =>
    typeof id === 'string' ? { data: { type, id } } : { data: null }
  return {
    data: {
      type: 'runs',
      attributes: {
        ...attributes,
        source: 'cli',
        // A configuration that was uploaded for a plan alone says so itself.
        ...(planOnly === true ? { 'is-dry': true } : {}),
        // Their values are expressions.
        variables: (variables ?? []).map((it) => ({ ...it, category: 'terraform', hcl: true })),
      },
      relationships: {
        workspace: relation('workspaces', workspaceId),
        'configuration-version': relation('configuration-versions', configurationId),
      },
    },
  }
}

/** Without a pool nobody would ever take the run, and whoever waits for it would not be told why. */
function requirePool(api: TfeApi, workspace: Row): void {
  const facts = findWorkspaceFacts(api.db, textOf(workspace, 'id'))
  if (facts === undefined || resolvePool(facts) !== undefined) return
  throw invalidRelationship(
    'workspace',
    'No agent pool is responsible for the workspace, so nobody would run this. Link one to the workspace or ' +
      "its environment, make one the default, or set the workspace's execution mode to `local`.",
  )
}

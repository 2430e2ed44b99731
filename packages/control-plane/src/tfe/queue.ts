import { activeStatuses } from '../engine/index.ts'
import { idOf, runs, textOf, userOf } from '../public-api/index.ts'
import { findScopedVariables, findWorkspaceFacts } from '../store/index.ts'

import { listRequest } from './list-request.ts'
import { runResource } from './run-resource.ts'
import { sendData, sendList } from './send-data.ts'
import { environmentIdOf, parameterOf, workspaceRow, type TfeApi } from './tfe-api.ts'

/** What the client asks while a run has not begun, and for commands that run beside it. */
export function registerQueue(api: TfeApi): void {
  const { app, db, engine } = api
  const inEnvironment = `runs r JOIN workspaces w ON w.id = r.workspace_id WHERE w.environment_id = ?
    AND r.status IN (SELECT value FROM json_each(?))`

  app.get('/organizations/:organization/runs/queue', (request, reply) => {
    const user = userOf(request)
    const id = environmentIdOf(api, user, parameterOf(request, 'organization'))
    const { page } = listRequest(request.url)
    const waiting = JSON.stringify(['pending', 'plan_queued', 'apply_queued'])
    const total = db.get<{ count: number }>(
      `SELECT count(*) AS count FROM ${inEnvironment}`,
      id,
      waiting,
    )
    const found = db.all<{ id: string }>(
      `SELECT r.id FROM ${inEnvironment} ORDER BY r.sequence LIMIT ? OFFSET ?`,
      id,
      waiting,
      page.size,
      (page.number - 1) * page.size,
    )
    const list = found.map((run) => {
      const row = api.reader.row(runs, user.accountId, run.id)
      return runResource(row, Math.max(0, (engine.positionInQueue(run.id) ?? 1) - 1))
    })
    return sendList(reply, list, { page, total: total?.count ?? 0 })
  })

  app.get('/organizations/:organization/capacity', (request, reply) => {
    const id = environmentIdOf(api, userOf(request), parameterOf(request, 'organization'))
    const count = (statuses: readonly string[]): number =>
      db.get<{ count: number }>(
        `SELECT count(*) AS count FROM ${inEnvironment}`,
        id,
        JSON.stringify(statuses),
      )?.count ?? 0
    return sendData(reply, {
      type: 'organization-capacity',
      id,
      attributes: { pending: count(['pending']), running: count(activeStatuses) },
    })
  })

  app.get('/workspaces/:id/vars', (request, reply) => {
    const workspaceId = textOf(workspaceRow(api, userOf(request), idOf(request)), 'id')
    const facts = findWorkspaceFacts(db, workspaceId)
    const scoped = facts === undefined ? [] : findScopedVariables(db, facts)
    // From the widest scope to the narrowest: the last one of a name wins.
    const seen = new Map(scoped.map((it) => [`${it.category} ${it.key}`, it]))
    const list = [...seen.values()].map((it, index) => ({
      type: 'vars',
      id: `var-${index + 1}`,
      attributes: {
        key: it.key,
        value: it.sensitive === 1 ? null : it.value,
        category: it.category === 'terraform' ? 'terraform' : 'env',
        hcl: it.hcl === 1,
        sensitive: it.sensitive === 1,
        description: null,
      },
    }))
    const page = { number: 1, size: Math.max(1, list.length) }
    return sendList(reply, list, { page, total: list.length })
  })
}

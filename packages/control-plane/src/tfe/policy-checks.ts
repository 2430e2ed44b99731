import {
  fromEngine,
  idOf,
  jsonOf,
  policyChecks,
  PublicApiError,
  sendStored,
  textOf,
  userOf,
  type Row,
} from '../public-api/index.ts'
import { dataFiles } from '../store/index.ts'

import { sendData, type TfeResource } from './send-data.ts'
import type { TfeApi } from './tfe-api.ts'

/** What the policies say of a run; the client waits for it after the plan. */
export function registerPolicyChecks(api: TfeApi): void {
  const { app, engine, files } = api

  app.get('/policy-checks/:id', (request, reply) => {
    const { accountId } = userOf(request)
    return sendData(reply, shown(api.reader.row(policyChecks, accountId, idOf(request))))
  })

  app.get('/policy-checks/:id/output', async (request, reply) => {
    const { accountId } = userOf(request)
    const id = textOf(api.reader.row(policyChecks, accountId, idOf(request)), 'id')
    const file = dataFiles.log(id)
    if ((await files.size(file)) === undefined) return reply.type('text/plain').send('')
    const missing = new PublicApiError(404, { title: 'not found' })
    return sendStored(api, reply, { file, mediaType: 'text/plain; charset=utf-8', missing })
  })

  app.post('/policy-checks/:id/actions/override', (request, reply) => {
    const { accountId, userId } = userOf(request)
    const id = textOf(api.reader.row(policyChecks, accountId, idOf(request)), 'id')
    fromEngine(id, 'Run', () => engine.overridePolicyCheck(id, { by: userId, comment: null }))
    return sendData(reply, shown(api.reader.row(policyChecks, accountId, id)))
  })
}

function shown(row: Row): TfeResource {
  const status = textOf(row, 'status')
  const result = jsonOf(row, 'result_json')
  return {
    type: 'policy-checks',
    id: textOf(row, 'id'),
    attributes: {
      // The client knows no word for a check that is at work, and would read its output too early.
      status: status === 'running' ? 'queued' : status,
      scope: 'organization',
      actions: { 'is-overridable': status === 'soft_failed' },
      permissions: { 'can-override': true },
      result,
      'status-timestamps': jsonOf(row, 'status_timestamps_json'),
    },
  }
}

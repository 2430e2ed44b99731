import {
  applies,
  flagOf,
  idOf,
  jsonOf,
  plans,
  PublicApiError,
  sendStored,
  textOf,
  userOf,
  type Row,
} from '../public-api/index.ts'
import { dataFiles } from '../store/index.ts'

import { logLink } from './log-routes.ts'
import { sendData, type TfeResource } from './send-data.ts'
import type { TfeApi } from './tfe-api.ts'

/** Plans and applies of runs. */
export function registerPhases(api: TfeApi): void {
  const { app } = api

  function shown(type: string, row: Row): TfeResource {
    const id = textOf(row, 'id')
    return {
      type,
      id,
      attributes: {
        status: textOf(row, 'status'),
        ...(type === 'plans' ? { 'has-changes': flagOf(row, 'has_changes') } : {}),
        'log-read-url': logLink(api, id),
        'resource-additions': row['resource_additions'] ?? 0,
        'resource-changes': row['resource_changes'] ?? 0,
        'resource-destructions': row['resource_destructions'] ?? 0,
        'resource-imports': 0,
        'status-timestamps': jsonOf(row, 'status_timestamps_json'),
      },
    }
  }

  for (const resource of [plans, applies]) {
    app.get(`${resource.path}/:id`, (request, reply) => {
      const row = api.reader.row(resource, userOf(request).accountId, idOf(request))
      return sendData(reply, shown(resource.type, row))
    })
  }

  app.get('/plans/:id/json-output', async (request, reply) => {
    const id = textOf(api.reader.row(plans, userOf(request).accountId, idOf(request)), 'id')
    return sendStored(api, reply, {
      file: dataFiles.planJson(id),
      mediaType: 'application/json',
      missing: new PublicApiError(404, { title: 'not found' }),
    })
  })
}

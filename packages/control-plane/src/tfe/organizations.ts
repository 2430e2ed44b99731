import { userOf } from '../public-api/index.ts'

import { sendData } from './send-data.ts'
import { environmentIdOf, parameterOf, type TfeApi } from './tfe-api.ts'

/** What the backend asks about before it does anything: whether it is here, and what it may do. */
export function registerOrganizations(api: TfeApi): void {
  const { app, db } = api

  app.get('/ping', (_request, reply) => reply.code(204).send())

  // `terraform login` looks here whether a token that was pasted is good.
  app.get('/account/details', (request, reply) => {
    const { userId } = userOf(request)
    const actor = db.get<{ email: string }>('SELECT email FROM actors WHERE id = ?', userId)
    const name = actor?.email ?? userId
    return sendData(reply, {
      type: 'users',
      id: userId,
      attributes: { username: name, email: name, 'is-service-account': false },
    })
  })

  app.get('/organizations/:organization/entitlement-set', (request, reply) => {
    const id = environmentIdOf(api, userOf(request), parameterOf(request, 'organization'))
    return sendData(reply, {
      type: 'entitlement-sets',
      id,
      attributes: {
        operations: true,
        'state-storage': true,
        agents: true,
        'private-module-registry': true,
        'vcs-integrations': true,
        'cost-estimation': false,
        'run-tasks': false,
        sentinel: false,
        sso: false,
        teams: false,
      },
    })
  })
}

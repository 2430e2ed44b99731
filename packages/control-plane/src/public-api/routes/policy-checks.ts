import { EngineError } from '../../engine/index.ts'
import { conflict, notFound, parseListQuery } from '../json-api/index.ts'
import { actionOf, does, listOf, oneOf } from '../openapi/index.ts'
import { idOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { policyChecks, runs } from '../resources/index.ts'

import { registerPolicyInput } from './policy-input.ts'
import { commentSchema } from './run-actions.ts'
import { parseActionBody, sendResource } from './writes.ts'

/** What the policies said of a run, and the word of a person who lets it pass. */
export function registerPolicyChecks(api: PublicApi): void {
  const { app, engine } = api
  registerPolicyInput(api)

  app.get(
    '/runs/:id/policy-checks',
    does({ id: 'list_policy_checks', summary: 'List Policy Checks', answer: listOf(policyChecks) }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      api.reader.row(runs, accountId, id)
      const base = { sql: 't.run_id = ?', values: [id] }
      return sendDocument(
        reply,
        api.reader.list(policyChecks, accountId, parseListQuery(request.url), base),
      )
    },
  )

  app.post(
    '/policy-checks/:id/actions/override',
    does({
      id: 'override_policy',
      summary: 'Override Policy',
      body: actionOf(commentSchema),
      answer: oneOf(policyChecks),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      const { comment } = parseActionBody(request.body, commentSchema)
      api.reader.row(policyChecks, accountId, id)
      try {
        engine.overridePolicyCheck(id, { by: userId, comment: comment ?? null })
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
        if (error.code === 'NOT_FOUND') throw notFound('PolicyCheck', id)
        throw conflict('Override is not possible in a current policy check status.')
      }
      return sendResource(api, request, reply, { resource: policyChecks, id })
    },
  )
}

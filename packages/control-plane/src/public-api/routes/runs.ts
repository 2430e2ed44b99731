import { maxJsonBodyBytes } from '@scalr-agent/core/protocol'
import { z } from 'zod'

import { actionOf, does, listOf, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, queryOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { runs, unfinishedRunStatusesSql } from '../resources/index.ts'

import { createRun } from './create-run.ts'
import { fromEngine } from './from-engine.ts'
import { registerReads } from './read-routes.ts'
import { never } from './refusals.ts'
import { commentSchema } from './run-actions.ts'
import { runAttributesSchema } from './run-attributes.ts'
import { parseActionBody, sendResource } from './writes.ts'

const confirmSchema = commentSchema.extend({
  'apply-at': never('This control plane does not schedule applies.'),
})
/** `force` is our own: Scalr's public API has no force-cancel. */
const cancelSchema = commentSchema.extend({ force: z.boolean().default(false) })

export function registerRuns(api: PublicApi): void {
  const { app, engine } = api
  registerReads(api, runs)
  registerRunsQueue(api)

  // A run may bring a thousand variables of 64 KiB; that many at once are refused, a few hundred are not.
  app.post(
    '/runs',
    {
      bodyLimit: maxJsonBodyBytes,
      ...does({
        id: 'create_run',
        summary: 'Create a Run',
        body: writeOf(runs, runAttributesSchema, 'workspace!', 'configuration-version'),
        answer: oneOf(runs, 201),
        refusals: [409],
      }),
    },
    (request, reply) => {
      const id = createRun(api, userOf(request), request.body)
      return sendResource(api, request, reply, { resource: runs, id, status: 201 })
    },
  )

  const decisions = [
    ['apply', 'confirm', confirmSchema],
    ['discard', 'discard', commentSchema],
  ] as const
  for (const [action, decide, schema] of decisions) {
    const operation = does({
      id: `${decide}_run`,
      summary: `${action === 'apply' ? 'Apply' : 'Discard'} a Run`,
      body: actionOf(schema),
      answer: nothing(202),
      refusals: [409],
    })
    app.post(`/runs/:id/actions/${action}`, operation, (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      parseActionBody(request.body, schema)
      api.reader.row(runs, accountId, id)
      fromEngine(id, 'Run', () => engine[decide](id, userId))
      return reply.code(202).send()
    })
  }

  app.post(
    '/runs/:id/actions/cancel',
    does({
      id: 'cancel_run',
      summary: 'Cancel a Run',
      body: actionOf(cancelSchema),
      answer: nothing(202, 204),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      const { force } = parseActionBody(request.body, cancelSchema)
      api.reader.row(runs, accountId, id)
      const result = fromEngine(id, 'Run', () => engine.cancel(id, { force, by: userId }))
      return reply.code(result === 'unchanged' ? 204 : 202).send()
    },
  )
}

/** What waits or works, in the order in which it was asked for: first come, first served. */
function registerRunsQueue({ app, reader }: PublicApi): void {
  const queue = { ...runs, sorts: {}, defaultSort: 't.sequence' }
  const unfinished = { sql: `t.status IN ${unfinishedRunStatusesSql}`, values: [] }
  const operation = does({
    id: 'get_runs_queue',
    summary: 'List Runs Queue',
    answer: listOf(queue),
  })
  app.get('/runs-queue', operation, (request, reply) => {
    const { accountId } = userOf(request)
    return sendDocument(reply, reader.list(queue, accountId, queryOf(request), unfinished))
  })
}

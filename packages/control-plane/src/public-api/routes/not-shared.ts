import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { invalidRelationship, type Resource } from '../json-api/index.ts'
import { does, emptyListOf, identifiersOf, nothing } from '../openapi/index.ts'
import { idOf, queryOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { environments, workspaces } from '../resources/index.ts'

import { parseActionBody } from './writes.ts'

const identifiersSchema = z.object({ data: z.array(z.object({ id: z.string() })) })

const nobody = [
  {
    resource: workspaces,
    relation: 'remote-state-consumers',
    deleteId: 'delete_remote_state_consumers',
    reason: 'Here a run reads the state of its own workspace alone; states are not shared.',
  },
  {
    resource: environments,
    relation: 'federated-environments',
    deleteId: 'delete_federated_environment',
    reason: 'Here environments have no access to each other.',
  },
] as const

/**
 * Lists that clients ask for with each workspace and environment, and that are always empty here: nothing is
 * shared, and there are no provider configurations. To empty them is fine; what would fill them is refused.
 */
export function registerNotShared(api: PublicApi): void {
  const { app } = api
  const list = (resource: Resource) => (request: FastifyRequest, reply: FastifyReply) => {
    const { accountId } = userOf(request)
    api.reader.row(resource, accountId, idOf(request))
    const query = { ...queryOf(request), sort: [], include: [] }
    return sendDocument(
      reply,
      api.reader.list(resource, accountId, query, { sql: '0', values: [] }),
    )
  }

  app.get(
    '/workspaces/:id/provider-configuration-links',
    does({
      id: 'list_provider_configuration_links',
      summary: 'List Provider configuration workspace links',
      answer: emptyListOf('provider-configuration-links'),
    }),
    list(workspaces),
  )

  for (const { resource, relation, deleteId, reason } of nobody) {
    const url = `${resource.path}/:id/relationships/${relation}`
    const name = relation.replaceAll('-', '_')
    const title = relation.replaceAll('-', ' ')
    app.get(
      url,
      does({ id: `list_${name}`, summary: `List ${title}`, answer: emptyListOf(resource.type) }),
      list(resource),
    )
    for (const [method, verb] of [
      ['post', 'add'],
      ['patch', 'replace'],
      ['delete', 'delete'],
    ] as const) {
      const operation = does({
        id: method === 'delete' ? deleteId : `${verb}_${name}`,
        summary: `${verb} ${title}`,
        body: identifiersOf(resource.type),
        answer: nothing(),
      })
      app[method](url, operation, (request, reply) => {
        api.reader.row(resource, userOf(request).accountId, idOf(request))
        const { data } = parseActionBody(request.body, identifiersSchema)
        if (method !== 'delete' && data.length > 0) throw invalidRelationship(relation, reason)
        return reply.code(204).send()
      })
    }
  }
}

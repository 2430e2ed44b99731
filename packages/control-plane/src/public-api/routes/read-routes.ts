import type { Resource } from '../json-api/index.ts'
import { does, listOf, oneOf, summaryOf } from '../openapi/index.ts'
import { idOf, queryOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'
import { runScope } from '../run-scope.ts'

/** `GET /things` and `GET /things/{id}`. */
export function registerReads(api: PublicApi, resource: Resource): void {
  const id = resource.operations.list ?? ''
  const operation = does({ id, summary: summaryOf(id), answer: listOf(resource) })
  api.app.get(resource.path, operation, (request, reply) => {
    const { accountId, workspaceId } = userOf(request)
    const scope = runScope(resource, workspaceId)
    return sendDocument(reply, api.reader.list(resource, accountId, queryOf(request), scope))
  })
  registerRead(api, resource)
}

/** `GET /things/{id}` alone. */
export function registerRead(api: PublicApi, resource: Resource): void {
  const { get: id } = resource.operations
  const operation = does({ id, summary: summaryOf(id), answer: oneOf(resource) })
  api.app.get(`${resource.path}/:id`, operation, (request, reply) =>
    sendDocument(
      reply,
      api.reader.one(resource, userOf(request).accountId, idOf(request), queryOf(request)),
    ),
  )
}

import { parseListQuery, type Resource } from '../json-api/index.ts'
import { idOf, sendDocument, userOf, type PublicApi } from '../public-api.ts'

/** `GET /things` and `GET /things/{id}`. */
export function registerReads(api: PublicApi, resource: Resource): void {
  api.app.get(resource.path, (request, reply) =>
    sendDocument(
      reply,
      api.reader.list(resource, userOf(request).accountId, parseListQuery(request.url)),
    ),
  )
  registerRead(api, resource)
}

/** `GET /things/{id}` alone. */
export function registerRead(api: PublicApi, resource: Resource): void {
  api.app.get(`${resource.path}/:id`, (request, reply) =>
    sendDocument(
      reply,
      api.reader.one(
        resource,
        userOf(request).accountId,
        idOf(request),
        parseListQuery(request.url),
      ),
    ),
  )
}

import type { FastifyInstance } from 'fastify'
import { stringify } from 'yaml'

import { publicApiPath, type Resource } from '../json-api/index.ts'

import { openApiDocument, type DescribedRoute } from './open-api-document.ts'
import { does, fileOf } from './operation.ts'

/**
 * `GET /openapi-public.yml`: what is served here, of the routes that are registered in this scope after it.
 * @throws {TypeError} at start, for a route that does not say what it does
 */
export function registerOpenApi(
  app: FastifyInstance,
  options: { readonly resources: readonly Resource[]; readonly publicUrl: () => string },
): void {
  const routes: DescribedRoute[] = []
  let text: string | undefined

  app.addHook('onRoute', ({ method, url, config }) => {
    if (method === 'HEAD') return
    const operation = config?.operation
    if (operation === undefined)
      throw new TypeError(`${String(method)} ${url} says nothing of itself`)
    routes.push({ method: String(method), path: url.slice(publicApiPath.length), operation })
  })

  const operation = does({
    id: 'get_openapi_document',
    summary: 'This document',
    answer: fileOf('application/yaml'),
    isOpen: true,
  })
  app.get('/openapi-public.yml', operation, (_request, reply) => {
    // The first address is known once the server listens.
    text ??= stringify(
      openApiDocument({ publicUrl: options.publicUrl(), resources: options.resources, routes }),
      { aliasDuplicateObjects: false, lineWidth: 0 },
    )
    return reply.type('application/yaml').header('cache-control', 'public, max-age=300').send(text)
  })
}

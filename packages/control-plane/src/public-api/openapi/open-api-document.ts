import { callersOf } from '../../access/index.ts'
import { publicApiPath, type Resource } from '../json-api/index.ts'

import type { JsonSchema } from './json-schema.ts'
import { idParameterOf, schemaNameOf } from './operation-names.ts'
import type { Operation } from './operation.ts'
import { queryParametersOf } from './parameters.ts'
import { requestBodyOf } from './request-body.ts'
import { resourceSchemas } from './resource-schemas.ts'
import { refusalResponses, responsesOf } from './responses.ts'
import { sharedSchemas } from './shared-components.ts'

/** A route as it is registered below the API's path, and what it does. */
export interface DescribedRoute {
  readonly method: string
  /** As `/runs/:id`. */
  readonly path: string
  readonly operation: Operation
}

/** The OpenAPI 3.0 document of the public API, made of the resources and routes that serve it. */
export function openApiDocument(options: {
  readonly publicUrl: string
  readonly resources: readonly Resource[]
  readonly routes: readonly DescribedRoute[]
}): JsonSchema {
  const { publicUrl, resources } = options
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const route of options.routes) {
    const path = pathOf(route.path, resources)
    paths[path.template] = {
      ...paths[path.template],
      [route.method.toLowerCase()]: operationObject(route, path),
    }
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'Scalr Agent SDK: public API of the control plane',
      description: "As much of Scalr's public API as this control plane serves.",
      version: 'unversioned',
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: `${publicUrl}${publicApiPath}` }],
    security: [{ 'API-Key': [] }],
    paths: Object.fromEntries(
      Object.entries(paths).toSorted(([one], [other]) => (one < other ? -1 : 1)),
    ),
    components: {
      securitySchemes: { 'API-Key': { type: 'http', scheme: 'bearer' } },
      responses: refusalResponses,
      schemas: {
        ...sharedSchemas,
        ...Object.assign({}, ...resources.map((resource) => resourceSchemas(resource))),
      },
    },
  }
}

interface PathTemplate {
  readonly template: string
  readonly parameters: readonly string[]
  readonly resource: Resource | undefined
}

/** `/runs/:id/actions/apply` is `/runs/{run}/actions/apply`, as in Scalr's document. */
function pathOf(path: string, resources: readonly Resource[]): PathTemplate {
  const resource = resources.find((one) => one.path === `/${path.split('/')[1] ?? ''}`)
  const parameters: string[] = []
  const template = path.replaceAll(/:([a-z]+)/gu, (_match, name: string) => {
    const shown = name === 'id' && resource !== undefined ? idParameterOf(resource) : name
    parameters.push(shown)
    return `{${shown}}`
  })
  return { template, parameters, resource }
}

function operationObject(
  { method, path, operation }: DescribedRoute,
  { parameters, resource }: PathTemplate,
): JsonSchema {
  const callers = callersOf(method, `${publicApiPath}${path}`) ?? []
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(resource === undefined
      ? {}
      : { tags: [resource.type], 'x-resource': schemaNameOf(resource) }),
    ...(operation.isOpen === true ? { security: [] } : { 'x-tokens': callers }),
    parameters: [
      ...parameters.map((name) => ({
        in: 'path',
        name,
        required: true,
        schema: { type: 'string' },
      })),
      ...queryParametersOf(operation),
    ],
    ...(operation.body === undefined ? {} : { requestBody: requestBodyOf(operation.body) }),
    responses: responsesOf(operation),
  }
}

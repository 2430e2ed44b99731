import {
  problemMediaType,
  problemSchema,
  protocolPath,
  protocolVersion,
} from '@scalr-agent/core/protocol'
import { z } from 'zod'

import type { AgentRoute } from './agent-route.ts'

const schemes = {
  pool: 'The token of an agent pool. It registers agents, and nothing else.',
  session: 'The token that registering gave. It asks for jobs and signals, and starts jobs.',
  job: "The token that starting a job gave. It is good for that job's log, files and report.",
} as const

/** The OpenAPI 3.1 document of the agent protocol, made of the routes and schemas that serve it. */
export function openApiDocument(routes: readonly AgentRoute[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:([A-Za-z]+)/gu, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Scalr Agent SDK: agent protocol',
      version: `${protocolVersion}.0.0`,
      description:
        "The protocol between an agent and its control plane. Every call about a job carries the job's fencing token; a stale one gets 409 and changes nothing. Below /state/{workspaceId} the control plane serves Terraform's http backend (GET, POST, LOCK, UNLOCK) with the run token as the password of basic auth.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: protocolPath }],
    paths,
    components: {
      securitySchemes: Object.fromEntries(
        Object.entries(schemes).map(([kind, description]) => [
          `${kind}Token`,
          { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description },
        ]),
      ),
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
    },
  }
}

function operation(route: AgentRoute): Record<string, unknown> {
  return {
    operationId: operationId(route),
    summary: route.summary,
    security: [{ [`${route.token}Token`]: [] }],
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: content(route.body, 'input') } }),
    responses: {
      ...success(route),
      default: {
        description: 'Why not (RFC 9457). `type` is stable.',
        content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function success(route: AgentRoute): Record<string, unknown> {
  const { response } = route
  if (response !== undefined) {
    const status = route.path === '/sessions' ? '201' : '200'
    return { [status]: { description: 'Done.', content: content(response, 'output') } }
  }
  return { [route.method === 'HEAD' ? '200' : '204']: { description: 'Done.' } }
}

function content(schema: z.ZodType | 'bytes', io: 'input' | 'output'): Record<string, unknown> {
  return schema === 'bytes'
    ? { 'application/octet-stream': {} }
    : { 'application/json': { schema: jsonSchema(schema, io) } }
}

function pathParameters(route: AgentRoute): readonly unknown[] {
  return [...route.path.matchAll(/:([A-Za-z]+)/gu)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(route: AgentRoute): readonly unknown[] {
  const { query } = route
  if (!(query instanceof z.ZodObject)) return []
  return Object.entries<z.ZodType>(query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: jsonSchema(schema, 'output'),
  }))
}

function operationId({ method, path }: AgentRoute): string {
  const words = path.split('/').filter((part) => part !== '' && !part.startsWith(':'))
  return [method.toLowerCase(), ...words].join('-')
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io })
  return rest
}

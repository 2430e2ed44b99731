import { text as readText } from 'node:stream/consumers'

import { z } from 'zod'

import { ConfigurationError } from '../errors/index.ts'
import {
  pathSegment,
  readJson,
  streamedBody,
  type HttpAnswer,
  type HttpMethod,
} from '../http/index.ts'
import { jsonApiMediaType } from './json-api.ts'
import { operationTraits } from './openapi/operation-traits.ts'
import type { OperationName, RequestAnswer, RequestOptions } from './request-types.ts'
import type { Body, ScalrApi } from './scalr-api.ts'

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] satisfies HttpMethod[]

type Parameters = Readonly<Record<string, unknown>>

/**
 * Sends any operation of the public API. What it answers is taken for what the OpenAPI document says: only
 * that it is JSON is checked.
 * @throws `ConfigurationError` for a name or path parameter that no operation has
 */
export async function typedRequest<Name extends OperationName>(
  api: ScalrApi,
  name: Name,
  options: RequestOptions<Name>,
): Promise<RequestAnswer<Name>> {
  const { method, path } = target(name, options.path)
  const traits = operationTraits[name]
  const call = {
    doing: `send ${name}`,
    method,
    path,
    query: flattened(options.query ?? {}),
    signal: options.signal,
  }
  const answer =
    traits?.answer === 'file'
      ? await api.download({ ...call, accept: '*/*', statuses: [204] }, readFileAnswer)
      : await api.answered(call, bodyOf(options.body, traits?.body), readAnswer)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The document promises it.
  return answer as RequestAnswer<Name>
}

function target(
  name: string,
  parameters: Parameters | undefined,
): { readonly method: HttpMethod; readonly path: string } {
  const [method = '', template = ''] = name.split(' ')
  if (!isMethod(method) || !template.startsWith('/')) {
    throw new ConfigurationError(
      `Cannot send ${JSON.stringify(name)}: an operation is named "METHOD /path", e.g. "GET /workspaces".`,
    )
  }
  const path = template.replaceAll(/\{(\w+)\}/gu, (_, key: string) => {
    const value = parameters?.[key]
    if (typeof value === 'string' && value !== '') return pathSegment(value, key)
    throw new ConfigurationError(`Cannot send ${name}: its path parameter \`${key}\` is missing.`)
  })
  return { method, path }
}

function isMethod(text: string): text is HttpMethod {
  return methods.includes(text)
}

/** `fields: { runs: 'status' }` becomes `fields[runs]=status`; lists are joined by commas. */
function flattened(query: Parameters): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue
    if (Array.isArray(value)) flat[name] = value.join(',')
    else if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) {
        if (inner !== undefined) flat[`${name}[${key}]`] = String(inner)
      }
    } else if (typeof value === 'string') flat[name] = value
    else flat[name] = JSON.stringify(value)
  }
  return flat
}

function bodyOf(value: unknown, mediaType: 'application/json' | undefined): Body | undefined {
  return typeof value === 'object' && value !== null
    ? { mediaType: mediaType ?? jsonApiMediaType, value }
    : undefined
}

async function readAnswer(answer: HttpAnswer): Promise<unknown> {
  const type = answer.header('content-type') ?? ''
  if (answer.status === 204 || answer.header('content-length') === '0' || type === '') {
    answer.body.resume()
    return undefined
  }
  if (/^text\/(?!html)/iu.test(type)) return await readText(answer.body)
  return await readJson(answer, z.union([z.looseObject({}), z.array(z.unknown())]))
}

async function readFileAnswer(answer: HttpAnswer): Promise<unknown> {
  if (answer.status !== 204) return streamedBody(answer)
  answer.body.resume()
  return undefined
}

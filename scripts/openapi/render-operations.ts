import type { OpenApiDocument, Operation, Parameter, Schema } from './open-api-document.ts'
import { key, literal, renderType } from './render-type.ts'

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

interface Rendered {
  readonly name: string
  readonly type: string
  /** What is not the rule at run time. */
  readonly traits: readonly string[]
}

/** Every operation of the document, sorted by path and method. */
export function operationsOf(document: OpenApiDocument): readonly Rendered[] {
  return Object.entries(document.paths)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const operation = item[method]
        return operation === undefined ? [] : [renderOperation(document, method, path, operation)]
      }),
    )
}

function renderOperation(
  document: OpenApiDocument,
  method: (typeof methods)[number],
  path: string,
  operation: Operation,
): Rendered {
  const parameters = operation.parameters.map((each) =>
    '$ref' in each ? resolve(document, each.$ref) : each,
  )
  const body = bodyOf(method, operation)
  const answer = answerOf(method, operation)
  const fields = [
    `readonly path: ${renderParameters(parameters.filter((each) => each.in === 'path'))}`,
    `readonly query: ${renderParameters(parameters.filter((each) => each.in === 'query'))}`,
    `readonly body: ${body.type}`,
    `readonly answer: ${answer.type}`,
  ]
  return {
    name: `${method.toUpperCase()} ${path}`,
    type: `{ ${fields.join('; ')} }`,
    traits: [...body.traits, ...answer.traits],
  }
}

function resolve(document: OpenApiDocument, reference: string): Parameter {
  const found = document.components.parameters[reference.slice(reference.lastIndexOf('/') + 1)]
  if (found === undefined) throw new Error(`${reference} is not in the document.`)
  return found
}

function renderParameters(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return 'undefined'
  const lines = parameters.map((each) => {
    // Servers of Scalr take numbers and flags as text, and say so of some only.
    const type = renderType(queryType(each), 'body')
    return `readonly ${key(each.name)}${each.required === true ? '' : '?'}: ${type}`
  })
  return `{ ${lines.join('; ')} }`
}

function queryType({ name, schema }: Parameter): Schema {
  return name.startsWith('page[') ? { type: 'number' } : schema
}

function bodyOf(
  method: string,
  { requestBody }: Operation,
): { readonly type: string; readonly traits: readonly string[] } {
  if (requestBody === undefined) return { type: 'undefined', traits: [] }
  const [[mediaType, content] = ['', undefined], ...rest] = Object.entries(requestBody.content)
  if (rest.length > 0 || content?.schema === undefined) {
    throw new Error('An operation takes bodies of several types, which this generator cannot tell.')
  }
  const type = renderType(content.schema, 'body')
  return {
    // What a PATCH does not name stays as it is.
    type: method === 'patch' ? `PatchBody<${type}>` : type,
    traits: mediaType === 'application/vnd.api+json' ? [] : [`body: ${literal(mediaType)}`],
  }
}

function answerOf(
  method: string,
  { responses }: Operation,
): { readonly type: string; readonly traits: readonly string[] } {
  const types = new Set<string>()
  let isFile = false
  for (const [status, { content = {} }] of Object.entries(responses)) {
    if (/^30\d$/u.test(status)) isFile ||= method === 'get'
    if (!/^2\d\d$/u.test(status)) continue
    if (Object.keys(content).length === 0) {
      // A GET that says nothing of its answer gives a file: a log, an archive, a plan.
      if (status === '200' && method === 'get') isFile = true
      else types.add('undefined')
    }
    for (const [mediaType, { schema }] of Object.entries(content)) {
      if (mediaType.endsWith('json'))
        types.add(schema === undefined ? 'unknown' : renderType(schema, 'answer'))
      else types.add('string')
    }
  }
  if (isFile) types.add('Readable')
  return { type: [...types].join(' | ') || 'undefined', traits: isFile ? ["answer: 'file'"] : [] }
}

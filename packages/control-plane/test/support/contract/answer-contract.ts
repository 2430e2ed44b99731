import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

import { errorsSchema, listMetaSchema } from './answer-schemas.ts'
import type { ContractDocument, ContractOperation, SchemaNode } from './contract-document.ts'
import { isExcused, valueAt } from './is-excused.ts'
import type { ContractExtensions } from './our-extensions.ts'

export interface Answer {
  readonly method: string
  /** Route below the API's base, as `/runs/:id`. */
  readonly route: string
  readonly status: number
  readonly contentType: string
  /** Thinned out by `fields`: what is asked for alone has to be there. */
  readonly isSparse?: boolean
  /** `undefined` for a stream. */
  readonly body: string | undefined
}

interface ResourceObject {
  readonly type?: unknown
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly relationships?: Readonly<Record<string, unknown>>
  readonly links?: Readonly<Record<string, unknown>>
}

export interface AnswerContractOptions {
  /** @default nothing: the document is of this control plane itself */
  readonly extensions?: ContractExtensions
  /** Whether the document says all: the statuses of refusals and every media type as well. @default true */
  readonly isWhole?: boolean
}

const nothingMore: ContractExtensions = {
  attribute: /^\b$/u,
  links: [],
  enumValues: new Map(),
  nulls: [],
  statuses: [],
  routes: [],
}

/** Checks answers of the public API against an OpenAPI document. Schemas are compiled when first needed. */
export class AnswerContract {
  readonly #document: ContractDocument
  readonly #ajv: Ajv
  readonly #operations = new Map<string, ContractOperation>()
  readonly #resources = new Map<string, readonly [name: string, schema: SchemaNode]>()
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #extensions: ContractExtensions
  readonly #isWhole: boolean

  constructor(document: ContractDocument, options: AnswerContractOptions = {}) {
    this.#document = document
    this.#extensions = options.extensions ?? nothingMore
    this.#isWhole = options.isWhole ?? true
    this.#ajv = new Ajv({
      strict: false,
      allErrors: true,
      verbose: true,
      validateFormats: true,
      validateSchema: false,
    })
    formats.default(this.#ajv)
    // One of Scalr's own, which ajv would tell about each time.
    this.#ajv.addFormat('ipv4network', true)
    this.#ajv.addSchema(withPlainNullable(document) as object, 'contract')
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        this.#operations.set(`${method.toUpperCase()} ${shapeOf(path)}`, operation)
      }
    }
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const type = schema.properties?.['type']?.enum
      const hasAttributes = schema.properties?.['attributes'] !== undefined
      if (!hasAttributes || type?.length !== 1) continue
      // Beside `User` stand `CreateUser` and `UserInvite`, which only writes take.
      const known = this.#resources.get(String(type[0]))
      if (known === undefined || name.length < known[0].length) {
        this.#resources.set(String(type[0]), [name, schema])
      }
    }
  }

  /** What is wrong with the answer; empty for a good one. */
  problemsOf(answer: Answer): readonly string[] {
    // HEAD is served where GET is.
    const method = answer.method === 'HEAD' ? 'GET' : answer.method
    const key = `${method} ${shapeOf(answer.route)}`
    const problems = [...this.#problems(key, answer)]
    return problems.map((problem) => `${key} → ${answer.status}: ${problem}`)
  }

  *#problems(key: string, answer: Answer): Generator<string> {
    const { status } = answer
    const isJson = /^application\/(?:vnd\.api\+)?json/u.test(answer.contentType)
    const body: unknown =
      isJson && answer.body !== undefined && answer.body !== ''
        ? JSON.parse(answer.body)
        : undefined
    const operation = this.#operations.get(key)
    if (status >= 400) {
      if (answer.contentType !== 'application/vnd.api+json') {
        yield `an error came as '${answer.contentType}'`
      }
      if (answer.method !== 'HEAD') yield* this.#validate('errors', errorsSchema, body)
      if (this.#isWhole && !hasStatus(operation, status)) {
        yield 'the document does not have this refusal'
      }
      return
    }
    if (operation === undefined) {
      if (!this.#extensions.routes.includes(key)) yield 'the document does not have this operation'
    } else if (answer.method !== 'HEAD') {
      const response = operation.responses[String(status)]
      if (response === undefined) {
        if (!this.#extensions.statuses.includes(`${key} ${status}`))
          yield `the document has ${Object.keys(operation.responses).join(', ')} alone`
      } else {
        const schema = schemaOf(response, answer.contentType)
        if (this.#isWhole && !hasMediaType(response, answer.contentType)) {
          yield `the document does not have the media type '${answer.contentType}'`
        }
        if (schema === undefined && isJsonApi(body)) yield 'the document has no such body'
        if (schema !== undefined && schema.format !== 'binary') {
          if (body === undefined) yield 'the body is missing'
          else {
            yield* this.#validate(`${key} ${status}`, this.#pointerTo(schema), body, answer)
            if (answer.contentType === 'application/vnd.api+json') {
              yield* this.#listProblems(schema, body)
            }
          }
        }
      }
    }
    if (!isJsonApi(body)) return
    for (const resource of [body.data].flat()) {
      if (isResource(resource)) yield* this.#nameProblems(resource)
    }
    for (const resource of body.included ?? []) {
      if (!isResource(resource)) yield 'something included is no resource'
      else {
        yield* this.#nameProblems(resource)
        const [name] = this.#resources.get(String(resource.type)) ?? []
        // The document says nothing of what is included: it is what it is elsewhere.
        if (name !== undefined) {
          const schema = { $ref: `contract#/components/schemas/${name}` }
          yield* this.#validate(name, schema, resource, answer)
        }
      }
    }
  }

  *#listProblems(schema: SchemaNode, body: unknown): Generator<string> {
    const name = schema.$ref?.split('/').at(-1)
    const resolved = name === undefined ? schema : this.#document.components.schemas[name]
    const isList = resolved?.properties?.['data']?.type === 'array'
    if (!isList || resolved?.properties?.['meta'] === undefined || !isJsonApi(body)) return
    yield* this.#validate('list meta', listMetaSchema, body.meta)
  }

  /** Schemas let unknown names pass; here they do not. */
  *#nameProblems(resource: ResourceObject): Generator<string> {
    const type = String(resource.type)
    const found = this.#resources.get(type)
    if (found === undefined) {
      yield `the document has no type '${type}'`
      return
    }
    const [, schema] = found
    const known = (part: string): ReadonlySet<string> =>
      new Set(Object.keys(schema.properties?.[part]?.properties ?? {}))
    for (const part of ['attributes', 'relationships', 'links'] as const) {
      const names = known(part)
      for (const key of Object.keys(resource[part] ?? {})) {
        const isOurs =
          part === 'attributes'
            ? this.#extensions.attribute.test(key)
            : part === 'links' &&
              (this.#extensions.links.includes(key) ||
                schema.properties?.['links']?.additionalProperties !== undefined)
        if (!names.has(key) && !isOurs) yield `${type}: unknown name in ${part}: ${key}`
      }
    }
  }

  *#validate(key: string, schema: object, value: unknown, answer?: Answer): Generator<string> {
    let validate = this.#validators.get(key)
    if (validate === undefined) {
      validate = this.#ajv.compile(schema)
      this.#validators.set(key, validate)
    }
    if (validate(value)) return
    for (const error of validate.errors ?? []) {
      if (isExcused(error, value, this.#extensions)) continue
      const isThinned = answer?.isSparse === true && error.keyword === 'required'
      if (isThinned && /\/(?:attributes|relationships)$/u.test(error.instancePath)) continue
      const shown = JSON.stringify(valueAt(value, error.instancePath)) ?? 'nothing'
      yield `${key}${error.instancePath} ${error.message ?? ''} (${shown.slice(0, 200)})`
    }
  }

  #pointerTo(schema: SchemaNode): object {
    // One that stands in the operation itself refers to the document's components, too.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same with other references
    return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"contract#')) as object
  }
}

/** `/runs/{run}` and `/runs/:id` are both `/runs/{}`. */
function shapeOf(path: string): string {
  return path.replaceAll(/\{[^}]*\}|:[A-Za-z]+/gu, '{}')
}

/** `4XX` stands for what nobody wrote down. */
function hasStatus(operation: ContractOperation | undefined, status: number): boolean {
  const responses = operation?.responses ?? {}
  return String(status) in responses || `${Math.floor(status / 100)}XX` in responses
}

function hasMediaType(
  { content }: ContractOperation['responses'][string],
  contentType: string,
): boolean {
  const type = contentType.split(';')[0] ?? ''
  return content === undefined ? type === '' : type in content
}

function schemaOf(
  response: ContractOperation['responses'][string],
  contentType: string,
): SchemaNode | undefined {
  const { content } = response
  const type = contentType.split(';')[0] ?? ''
  return (content?.[type] ?? content?.['application/vnd.api+json'])?.schema
}

function isJsonApi(body: unknown): body is {
  readonly data: unknown
  readonly included?: readonly unknown[]
  readonly meta?: unknown
} {
  return typeof body === 'object' && body !== null && 'data' in body
}

/** Identifiers alone, as relationship endpoints list them, have no attributes. */
function isResource(value: unknown): value is ResourceObject {
  return typeof value === 'object' && value !== null && 'attributes' in value && 'type' in value
}

/** `nullable` without a `type` is nothing that ajv takes: beside `anyOf` it is one more choice, else idle. */
function withPlainNullable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withPlainNullable)
  if (typeof node !== 'object' || node === null) return node
  const plain = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, withPlainNullable(value)]),
  )
  if (plain['nullable'] !== true || 'type' in plain) return plain
  const { nullable: _nullable, anyOf, ...rest } = plain
  return Array.isArray(anyOf) ? { ...rest, anyOf: [...anyOf, { type: 'null' }] } : rest
}

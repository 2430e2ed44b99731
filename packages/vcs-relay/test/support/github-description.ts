import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

type Json = Readonly<Record<string, unknown>>

/** One operation of the description. */
export interface DescribedOperation {
  readonly path: string
  readonly queryKeys: readonly string[]
  /** Status and example of its first good answer. */
  readonly status: number
  readonly example: unknown
  /** What is wrong with an answer; undefined when it is as described. */
  readonly answerFault: (body: unknown) => string | undefined
  readonly requestFault: (body: unknown) => string | undefined
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** GitHub's own OpenAPI description of GitHub Enterprise Server, newest version of `@octokit/openapi`. */
export class GithubDescription {
  readonly version: string
  readonly #document: Json
  readonly #ajv: Ajv
  readonly #patterns: readonly { readonly path: string; readonly pattern: RegExp }[]
  readonly #operations = new Map<string, DescribedOperation>()

  static load(): GithubDescription {
    const require = createRequire(import.meta.url)
    const folder = join(dirname(require.resolve('@octokit/openapi/package.json')), 'generated')
    const newest = readdirSync(folder)
      .flatMap((file) => /^ghes-(\d+)\.(\d+)\.json$/u.exec(file) ?? [])
      .filter((_, index) => index % 3 === 0)
      .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .at(-1)
    if (newest === undefined) throw new Error(`no description of GHES in ${folder}`)
    return new GithubDescription(newest, folder)
  }

  private constructor(file: string, folder: string) {
    this.version = file.slice('ghes-'.length, -'.json'.length)
    this.#document = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Json
    this.#ajv = new Ajv({ strict: false, validateFormats: true, allowUnionTypes: true })
    addFormats.default(this.#ajv)
    this.#ajv.addSchema({ $id: 'ghes', components: withNull(this.#document['components']) })
    this.#patterns = Object.keys(this.#paths).map((path) => ({ path, pattern: patternOf(path) }))
  }

  /** By a template below `/api/v3`, whatever its slots are called. */
  operation(method: string, template: string): DescribedOperation | undefined {
    const shape = shapeOf(template.slice('/api/v3'.length) || '/')
    const path = Object.keys(this.#paths).find((it) => shapeOf(it) === shape)
    return path === undefined ? undefined : this.#describe(method, path)
  }

  /** By a path that was asked for, below `/api/v3`. */
  find(method: string, path: string): DescribedOperation | undefined {
    const fits = this.#patterns.filter(({ pattern }) => pattern.test(path))
    // The one with the most fixed text.
    const best = fits.toSorted((a, b) => shapeOf(b.path).length - shapeOf(a.path).length)[0]
    return best === undefined ? undefined : this.#describe(method, best.path)
  }

  get #paths(): Readonly<Record<string, Json>> {
    return this.#document['paths'] as Record<string, Json>
  }

  #describe(method: string, path: string): DescribedOperation | undefined {
    const name = method.toLowerCase()
    const item = this.#paths[path]
    const operation = methods.includes(name) ? (item?.[name] as Json | undefined) : undefined
    if (operation === undefined) return undefined
    const key = `${name} ${path}`
    const kept = this.#operations.get(key) ?? this.#read(path, item ?? {}, operation)
    this.#operations.set(key, kept)
    return kept
  }

  #read(path: string, item: Json, operation: Json): DescribedOperation {
    const parameters = [...list(item['parameters']), ...list(operation['parameters'])]
      .map((parameter) => this.#resolve(parameter))
      .filter((parameter) => parameter['in'] === 'query')
    const responses = operation['responses'] as Json
    const status = Object.keys(responses).find((code) => code.startsWith('2')) ?? '200'
    const answer = media(this.#resolve(responses[status] ?? {}))
    const body = media(this.#resolve(operation['requestBody'] ?? {}))
    return {
      path,
      queryKeys: parameters.map((parameter) => String(parameter['name'])),
      status: Number(status),
      example: this.#example(answer),
      answerFault: this.#fault(answer?.['schema']),
      requestFault: this.#fault(body?.['schema']),
    }
  }

  #example(content: Json | undefined): unknown {
    const named = Object.values((content?.['examples'] ?? {}) as Json)[0]
    return named === undefined ? content?.['example'] : this.#resolve(named)['value']
  }

  #fault(schema: unknown): (body: unknown) => string | undefined {
    let validate: ValidateFunction | undefined
    return (body) => {
      if (schema === undefined) return undefined
      validate ??= this.#ajv.compile(absolute(withNull(schema)) as Json)
      return validate(body) ? undefined : this.#ajv.errorsText(validate.errors)
    }
  }

  #resolve(value: unknown): Json {
    const reference = (value as Json)['$ref']
    if (typeof reference !== 'string') return value as Json
    let found: unknown = this.#document
    for (const name of reference.slice(2).split('/')) found = (found as Json)[name]
    return found as Json
  }
}

function media(part: Json): Json | undefined {
  const content = part['content'] as Json | undefined
  return content?.['application/json'] as Json | undefined
}

/** `nullable` beside a reference means what OpenAPI 3.1 writes as another type; ajv knows it beside a type alone. */
function withNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNull)
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, ...rest } = schema as Json
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, withNull(value)]),
  )
  if (nullable !== true)
    return nullable === undefined ? inner : { nullable: withNull(nullable), ...inner }
  return 'type' in rest ? { nullable, ...inner } : { anyOf: [inner, { type: 'null' }] }
}

/** References of the document, as ajv finds them. */
function absolute(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"ghes#/components'))
}

function shapeOf(path: string): string {
  return path.replaceAll(/\{[^}]+\}/gu, '{}')
}

/** `{path}` and the last slot of a path may hold slashes. */
function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((piece, index, all) => {
      if (!piece.startsWith('{')) return piece.replaceAll('.', String.raw`\.`)
      return index === all.length - 1 && /^\{(?:path|ref|basehead)\}$/u.test(piece) ? '.+' : '[^/]+'
    })
    .join('/')
  return new RegExp(`^${source}$`, 'u')
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

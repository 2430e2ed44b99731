import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A schema of Scalr's OpenAPI document, as far as it is compared with. */
export interface Schema {
  readonly $ref?: string
  readonly deprecated?: boolean
  readonly readOnly?: boolean
  readonly nullable?: boolean
  readonly format?: string
  readonly enum?: readonly (string | number)[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly type?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Parameter {
  readonly $ref?: string
  readonly in: string
  readonly name: string
  readonly schema: Schema
}

export interface ApiOperation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
}

interface Document {
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly parameters?: Readonly<Record<string, Parameter>>
  }
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>
}

/** Scalr's published OpenAPI document, which is not part of this repository. */
const path = resolve(import.meta.dirname, '../../../../../shared/facts/scalr-openapi.json')

/** `undefined`, with a line that says so, where the document is not at hand. */
export function readOpenApi(): Document | undefined {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Document
  console.log(`Skipped: ${path} is not there to compare with.`)
  return undefined
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** `METHOD /path` → operation, of the whole document. */
export function operationsOf(document: Document | undefined): ReadonlyMap<string, ApiOperation> {
  const found = Object.entries(document?.paths ?? {}).flatMap(([at, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]) => [`${method.toUpperCase()} ${at}`, operation] as const),
  )
  return new Map(found)
}

/** Parameters of the query by name. */
export function queryOf(
  document: Document | undefined,
  operation: ApiOperation | undefined,
): ReadonlyMap<string, Schema> {
  const all = (operation?.parameters ?? []).map((each) => {
    const name = each.$ref?.split('/').at(-1)
    return name === undefined ? each : (document?.components.parameters?.[name] ?? each)
  })
  return new Map(
    all.filter((each) => each.in === 'query').map(({ name, schema }) => [name, schema]),
  )
}

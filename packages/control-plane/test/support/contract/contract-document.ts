import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** As much of an OpenAPI 3 document as answers are checked against. */
export interface ContractDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ContractOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, SchemaNode>> }
}

export interface ContractOperation {
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, { readonly schema?: SchemaNode }>> }
    >
  >
}

export interface SchemaNode {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly enum?: readonly unknown[]
  readonly items?: SchemaNode
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

const path = join(import.meta.dirname, '../../../../../../shared/facts/scalr-openapi.json')

/** Scalr's own document, which is not ours to publish: beside the project on some machines. */
export function readScalrDocument(): ContractDocument | undefined {
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as ContractDocument
}

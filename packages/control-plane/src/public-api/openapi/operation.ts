import type { ZodType } from 'zod'

import type { Resource } from '../json-api/index.ts'

/** What a route takes and gives. It stands beside its handler, and the OpenAPI document is made of it. */
export interface Operation {
  /** Scalr's own, where Scalr has the operation: clients make their names of it. */
  readonly id: string
  readonly summary: string
  readonly body?: OperationBody
  readonly answer: OperationAnswer
  /** Query parameters beyond those of the answer, and what they take. */
  readonly query?: Readonly<Record<string, ZodType>>
  /** Statuses of refusals beyond those that follow from the rest. */
  readonly refusals?: readonly (403 | 409 | 412 | 413)[]
  /** Needs no token. */
  readonly isOpen?: boolean
}

/** What comes in. */
export type OperationBody =
  | {
      readonly kind: 'resource'
      readonly resource: Resource
      readonly attributes: ZodType
      /** Relationships that may be written; `!` marks one that must be there. */
      readonly relations: readonly string[]
    }
  /** Plain JSON. */
  | { readonly kind: 'action'; readonly schema: ZodType }
  /** A list of resource identifiers. */
  | { readonly kind: 'identifiers'; readonly type: string }
  /** A tar.gz, as bytes. */
  | { readonly kind: 'archive' }

/** What comes out when all went well. */
export type OperationAnswer =
  | { readonly kind: 'list'; readonly resource: Resource }
  /** A list of what does not exist here. */
  | { readonly kind: 'empty-list'; readonly type: string }
  | { readonly kind: 'resource'; readonly resource: Resource; readonly status: 200 | 201 }
  | { readonly kind: 'nothing'; readonly statuses: readonly (200 | 202 | 204)[] }
  | { readonly kind: 'json'; readonly schema: ZodType }
  /** A file; 204 where there is nothing yet, if there is such a moment. */
  | {
      readonly kind: 'file'
      readonly mediaTypes: readonly string[]
      readonly mayBeEmpty: boolean
    }

/** A page of resources. */
export function listOf(resource: Resource): OperationAnswer {
  return { kind: 'list', resource }
}

export function emptyListOf(type: string): OperationAnswer {
  return { kind: 'empty-list', type }
}

export function oneOf(resource: Resource, status: 200 | 201 = 200): OperationAnswer {
  return { kind: 'resource', resource, status }
}

export function nothing(...statuses: readonly (200 | 202 | 204)[]): OperationAnswer {
  return { kind: 'nothing', statuses: statuses.length === 0 ? [204] : statuses }
}

export function plainJson(schema: ZodType): OperationAnswer {
  return { kind: 'json', schema }
}

export function fileOf(...mediaTypes: readonly string[]): OperationAnswer {
  return { kind: 'file', mediaTypes, mayBeEmpty: false }
}

/** What a job printed so far. */
export function outputOf(...mediaTypes: readonly string[]): OperationAnswer {
  return { kind: 'file', mediaTypes, mayBeEmpty: true }
}

/** A resource as clients write it; relationships that must be there end with `!`. */
export function writeOf(
  resource: Resource,
  attributes: ZodType,
  ...relations: readonly string[]
): OperationBody {
  return { kind: 'resource', resource, attributes, relations }
}

export function actionOf(schema: ZodType): OperationBody {
  return { kind: 'action', schema }
}

export function identifiersOf(type: string): OperationBody {
  return { kind: 'identifiers', type }
}

export const archiveBody: OperationBody = { kind: 'archive' }

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation
  }
}

/** Options of a route that does `operation`. */
export function does(operation: Operation): { readonly config: { readonly operation: Operation } } {
  return { config: { operation } }
}

import type { Operations } from './openapi/operations.ts'

/** How an operation differs from the rule: a JSON:API document each way. */
export interface OperationTraits {
  readonly body?: 'application/json'
  readonly answer?: 'file'
}

/** A document of which a PATCH names what is to change alone. */
export type PatchBody<Document> = Document extends { readonly data?: infer Data }
  ? Omit<Document, 'data'> & { readonly data: PatchData<Data> }
  : Document

type PatchData<Data> = Data extends readonly unknown[]
  ? Data
  : Data extends { readonly attributes?: infer Attributes }
    ? Omit<Data, 'attributes' | 'relationships'> & {
        readonly id: string
        readonly attributes?: Partial<Attributes>
        readonly relationships?: Data extends { readonly relationships?: infer Relationships }
          ? Partial<Relationships>
          : never
      }
    : Data

/** `METHOD /path` as the OpenAPI document has it, e.g. `GET /workspaces/{workspace}`. */
export type OperationName = keyof Operations

type Field<Name extends string, Value> = [Value] extends [undefined]
  ? { readonly [name in Name]?: undefined }
  : { readonly [name in Name]: Value }

type QueryField<Value> = [Value] extends [undefined]
  ? { readonly query?: undefined }
  : { readonly query?: Value }

/** What a request of that operation is told. */
export type RequestOptions<Name extends OperationName> = Field<'path', Operations[Name]['path']> &
  QueryField<Operations[Name]['query']> &
  Field<'body', Operations[Name]['body']> & { readonly signal?: AbortSignal | undefined }

/** What it answers: a document, a file as a stream, text, or nothing. */
export type RequestAnswer<Name extends OperationName> = Operations[Name]['answer']

import { readFile } from 'node:fs/promises'

import { parse } from 'yaml'
import { z } from 'zod'

/** A schema as Scalr's document writes them; OpenAPI 3.0 has more, which would be refused here. */
export interface Schema {
  readonly $ref?: string | undefined
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | undefined
  readonly nullable?: boolean | undefined
  readonly readOnly?: boolean | undefined
  readonly enum?: readonly (string | number | boolean | null)[] | undefined
  readonly properties?: Readonly<Record<string, Schema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly additionalProperties?: boolean | Schema | undefined
  readonly items?: Schema | undefined
  readonly anyOf?: readonly Schema[] | undefined
}

// Prose is left behind here already: names, types and enums go on.
const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().startsWith('#/components/schemas/').optional(),
    type: z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object']).optional(),
    nullable: z.boolean().optional(),
    readOnly: z.boolean().optional(),
    enum: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schemaSchema]).optional(),
    items: schemaSchema.optional(),
    anyOf: z.array(schemaSchema).optional(),
    // What we would render wrongly, so that a new document says so.
    allOf: z.never({ error: 'allOf is not known to this generator' }).optional(),
    oneOf: z.never({ error: 'oneOf is not known to this generator' }).optional(),
  }),
)

const contentSchema = z.record(z.string(), z.object({ schema: schemaSchema.optional() }))

const parameterSchema = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  style: z.string().optional(),
  schema: schemaSchema,
})

const operationSchema = z.object({
  parameters: z
    .array(
      z.union([
        parameterSchema,
        z.object({ $ref: z.string().startsWith('#/components/parameters/') }),
      ]),
    )
    .default([]),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ content: contentSchema.optional() })),
})

const documentSchema = z.object({
  openapi: z.string().startsWith('3.0'),
  paths: z.record(
    z.string().startsWith('/'),
    z.object({
      get: operationSchema.optional(),
      post: operationSchema.optional(),
      put: operationSchema.optional(),
      patch: operationSchema.optional(),
      delete: operationSchema.optional(),
    }),
  ),
  components: z.object({
    schemas: z.record(z.string().regex(/^\w+$/u), schemaSchema),
    parameters: z.record(z.string(), parameterSchema).default({}),
  }),
})

export type OpenApiDocument = z.output<typeof documentSchema>
export type Operation = z.output<typeof operationSchema>
export type Parameter = z.output<typeof parameterSchema>

/** Reads a document from a path or a URL (http on this machine alone), in JSON or YAML. */
export async function readOpenApiDocument(source: string): Promise<OpenApiDocument> {
  const isUrl = /^(?:https:|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/])/u.test(source)
  const text = isUrl ? await download(source) : await readFile(source, 'utf8')
  const parsed = documentSchema.safeParse(parse(text))
  if (parsed.success) return parsed.data
  throw new Error(
    `${source} is no OpenAPI 3.0 document that this generator understands:\n${z.prettifyError(parsed.error).slice(0, 2000)}`,
  )
}

async function download(url: string): Promise<string> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`Cannot read ${url}: the server answered ${answer.status}.`)
  return await answer.text()
}

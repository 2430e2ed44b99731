import { z, type ZodType } from 'zod'

/** A schema as OpenAPI 3.0 writes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What clients read: `output`; what they write: `input`. */
export function jsonSchemaOf(schema: ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The format says it; nobody reads the pattern.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
      // scalr-cli compiles all patterns with Go's RE2, and refuses the document over a lookaround.
      if (/\(\?<?[!=]/u.test(jsonSchema.pattern ?? '')) delete jsonSchema.pattern
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // An empty list of choices is no schema.
      const { items } = jsonSchema
      if (typeof items === 'object' && 'anyOf' in items && items.anyOf?.length === 0) {
        jsonSchema.items = {}
      }
    },
  }) as JsonSchema
}

/** An object, with all that it must have. */
export function objectSchema(
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  }
}

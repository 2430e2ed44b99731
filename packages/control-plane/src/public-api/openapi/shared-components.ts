import { objectSchema, type JsonSchema } from './json-schema.ts'

const nullable = (type: string): JsonSchema => ({ type, nullable: true })
const page: JsonSchema = { type: 'integer', minimum: 1 }

/** What documents of every resource have in common. */
export const sharedSchemas: Readonly<Record<string, JsonSchema>> = {
  Pagination: objectSchema(
    {
      'current-page': page,
      'prev-page': { ...page, nullable: true },
      'next-page': { ...page, nullable: true },
      'total-pages': page,
      'total-count': { type: 'integer', minimum: 0 },
      'page-size': page,
    },
    ['current-page', 'prev-page', 'next-page', 'total-pages', 'total-count', 'page-size'],
  ),
  Error: objectSchema(
    {
      status: { type: 'string' },
      title: { type: 'string' },
      detail: nullable('string'),
      code: nullable('string'),
      source: {
        ...objectSchema({ pointer: { type: 'string' }, parameter: { type: 'string' } }),
        nullable: true,
      },
      meta: nullable('object'),
    },
    ['status', 'title', 'detail', 'code', 'source', 'meta'],
  ),
  Errors: objectSchema(
    { errors: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Error' } } },
    ['errors'],
  ),
}

/** The body of every refusal. */
export const errorsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['errors'],
  properties: {
    errors: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['status', 'title', 'detail', 'code', 'source', 'meta'],
        properties: {
          status: { type: 'string', pattern: '^[45][0-9]{2}$' },
          title: { type: 'string', minLength: 1 },
          detail: { type: ['string', 'null'] },
          code: { type: ['string', 'null'] },
          source: {
            type: ['object', 'null'],
            additionalProperties: false,
            minProperties: 1,
            maxProperties: 1,
            properties: {
              pointer: { type: 'string', pattern: '^/' },
              parameter: { type: 'string', minLength: 1 },
            },
          },
          meta: { type: ['object', 'null'] },
        },
      },
    },
  },
}

const page = { type: 'integer', minimum: 1 }
const pageOrNull = { type: ['integer', 'null'], minimum: 1 }
/** `meta` of every list. */
export const listMetaSchema = {
  type: 'object',
  required: ['pagination'],
  properties: {
    pagination: {
      type: 'object',
      additionalProperties: false,
      required: [
        'current-page',
        'prev-page',
        'next-page',
        'total-pages',
        'total-count',
        'page-size',
      ],
      properties: {
        'current-page': page,
        'prev-page': pageOrNull,
        'next-page': pageOrNull,
        'total-pages': page,
        'total-count': { type: 'integer', minimum: 0 },
        'page-size': page,
      },
    },
  },
}

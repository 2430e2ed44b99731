import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { readOpenApiDocument, type Schema } from '../../openapi/open-api-document.ts'
import { renderClientTypes } from '../../openapi/render-client-types.ts'
import { renderType } from '../../openapi/render-type.ts'

const yaml = `
openapi: 3.0.0
info: { title: prose that stays behind }
paths:
  /tags/{tag}:
    get:
      parameters:
        - { in: path, name: tag, required: true, schema: { type: string } }
        - { in: query, name: 'filter[name]', schema: { type: string } }
        - { in: query, name: 'page[size]', schema: { type: string } }
      responses: { '200': { content: { application/vnd.api+json: { schema: { $ref: '#/components/schemas/TagDocument' } } } } }
    patch:
      parameters: [{ $ref: '#/components/parameters/tag' }]
      requestBody: { content: { application/vnd.api+json: { schema: { $ref: '#/components/schemas/TagDocument' } } } }
      responses: { '204': { description: prose } }
  /tags/{tag}/picture:
    get:
      parameters: [{ $ref: '#/components/parameters/tag' }]
      responses: { '200': { description: prose }, '204': { description: prose } }
  /tags/actions/paint:
    post:
      requestBody: { content: { application/json: { schema: { type: object, properties: { color: { enum: [red], type: string } } } } } }
      responses: { '202': { description: prose } }
components:
  parameters: { tag: { in: path, name: tag, required: true, schema: { type: string } } }
  schemas:
    Unused: { type: string }
    Tag:
      description: prose that stays behind
      type: object
      required: [name]
      properties:
        name: { type: string }
        created-at: { type: string, format: date-time, readOnly: true }
        kind: { type: string, enum: [a, it's], nullable: true }
    TagDocument: { type: object, properties: { data: { $ref: '#/components/schemas/Tag' } } }
`

async function rendered(text: string): Promise<Readonly<Record<string, string>>> {
  const path = join(await mkdtemp(join(tmpdir(), 'openapi-')), 'document.yml')
  await writeFile(path, text)
  return renderClientTypes(await readOpenApiDocument(path))
}

it('makes names, types and enums, and none of the prose', async () => {
  const files = await rendered(yaml)
  expect(files).toMatchSnapshot()
  expect(Object.values(files).join('')).not.toContain('prose')
})

it('refuses what it would render wrongly', async () => {
  await expect(
    rendered(yaml.replace('type: object, properties: { data', 'oneOf: [], properties: { data')),
  ).rejects.toThrow(/oneOf is not known to this generator[^]*TagDocument/u)
  await expect(rendered('openapi: 3.1.0')).rejects.toThrow(/is no OpenAPI 3.0 document/u)
})

it.each<[Schema, string, string]>([
  [{ type: 'string', enum: ['a', 'b'] }, "Open<'a' | 'b'>", "'a' | 'b'"],
  [{ type: 'integer', enum: [1, 2], nullable: true }, '1 | 2 | null', '1 | 2 | null'],
  [
    { type: 'array', items: { type: 'string', nullable: true } },
    'readonly (string | null)[]',
    'readonly (string | null)[]',
  ],
  [{ type: 'object' }, 'Readonly<Record<string, unknown>>', 'Readonly<Record<string, unknown>>'],
  [
    { type: 'object', additionalProperties: { type: 'integer' } },
    'Readonly<Record<string, number>>',
    'Readonly<Record<string, number>>',
  ],
  [
    { anyOf: [{ $ref: '#/components/schemas/Kind' }, { type: 'string' }] },
    'Open<Kind>',
    'Open<KindBody>',
  ],
  [
    { anyOf: [{ type: 'integer' }, { type: 'number' }, {}] },
    'number | unknown',
    'number | unknown',
  ],
])('%o is %s in answers and %s in bodies', (schema, answer, body) => {
  expect(renderType(schema, 'answer')).toBe(answer)
  expect(renderType(schema, 'body')).toBe(body)
})

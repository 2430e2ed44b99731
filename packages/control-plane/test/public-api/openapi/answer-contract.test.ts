import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { attribute, text, type Resource } from '../../../src/public-api/json-api/index.ts'
import {
  does,
  fileOf,
  listOf,
  nothing,
  oneOf,
  openApiDocument,
  type DescribedRoute,
} from '../../../src/public-api/openapi/index.ts'
import { AnswerContract, type Answer } from '../../support/contract/answer-contract.ts'
import type { ContractDocument } from '../../support/contract/contract-document.ts'

const things: Resource = {
  type: 'things',
  operations: { list: 'list_things', get: 'get_thing' },
  model: 'Thing',
  path: '/things',
  columns: 't.*',
  from: 'things t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    size: attribute(z.int().nullable(), () => null),
    colour: attribute(z.enum(['red', 'blue']).optional(), () => undefined),
  },
  relations: { owner: { type: 'users', id: () => null } },
  filters: {},
  sorts: {},
  defaultSort: 't.name',
}
const route = (method: string, path: string, answer: DescribedRoute['operation']['answer']) => ({
  method,
  path,
  operation: does({ id: `${method.toLowerCase()}_things`, summary: 'Things', answer }).config
    .operation,
})
const document = openApiDocument({
  publicUrl: 'http://localhost',
  resources: [things],
  routes: [
    route('GET', '/things', listOf(things)),
    route('GET', '/things/:id', oneOf(things)),
    route('DELETE', '/things/:id', nothing()),
    route('GET', '/things/:id/download', fileOf('application/json')),
  ],
})
const contract = new AnswerContract(document as unknown as ContractDocument)

const thing = {
  type: 'things',
  id: 'thing-1',
  attributes: { name: 'a', size: null },
  relationships: { owner: { data: null } },
  links: { self: '/things/thing-1' },
}
const pagination = {
  'current-page': 1,
  'prev-page': null,
  'next-page': null,
  'total-pages': 1,
  'total-count': 1,
  'page-size': 20,
}
const error = { status: '404', title: 'No', detail: null, code: null, source: null, meta: null }

/** What is wrong with an answer that differs from a good one. */
function problemsOf(body: unknown, changes: Partial<Answer> = {}): readonly string[] {
  return contract.problemsOf({
    method: 'GET',
    route: '/things/:id',
    status: 200,
    contentType: 'application/vnd.api+json',
    body: JSON.stringify(body),
    ...changes,
  })
}

describe('AnswerContract', () => {
  it('finds nothing in answers that are as the document says', () => {
    expect(problemsOf({ data: thing })).toEqual([])
    expect(problemsOf({ data: [thing], meta: { pagination } }, { route: '/things' })).toEqual([])
    expect(problemsOf({ errors: [error] }, { status: 404 })).toEqual([])
    const none = { method: 'DELETE', status: 204, contentType: '', body: '' }
    expect(problemsOf(undefined, none)).toEqual([])
    const file = { route: '/things/:id/download', contentType: 'application/json' }
    expect(problemsOf({ version: 4 }, file)).toEqual([])
    const thin = { ...thing, attributes: { name: 'a' }, relationships: {} }
    expect(problemsOf({ data: thin }, { isSparse: true })).toEqual([])
  })

  const changed = (changes: object): unknown => ({ data: { ...thing, ...changes } })
  const list = { route: '/things' }
  it.each<readonly [what: string, body: unknown, changes: Partial<Answer>, problem: string]>([
    ['an attribute is missing', changed({ attributes: { name: 'a' } }), {}, 'size'],
    ['a relation is missing', changed({ relationships: {} }), {}, 'owner'],
    ['a name is unknown', changed({ attributes: { ...thing.attributes, more: 1 } }), {}, 'more'],
    ['a type is wrong', changed({ attributes: { name: 1, size: null } }), {}, 'must be string'],
    ['null is not allowed', changed({ attributes: { name: null, size: 1 } }), {}, 'must be string'],
    [
      'a word is unknown',
      changed({ attributes: { ...thing.attributes, colour: 'x' } }),
      {},
      'colour',
    ],
    [
      'a relation leads elsewhere',
      changed({ relationships: { owner: { data: { type: 'x', id: '1' } } } }),
      {},
      'owner',
    ],
    ['the resource is another', changed({ type: 'others' }), {}, 'type'],
    [
      'what is included is another',
      { data: thing, included: [{ ...thing, attributes: {} }] },
      {},
      'name',
    ],
    ['the body is missing', undefined, { body: '' }, 'missing'],
    ['the status is not the operation’s', { data: thing }, { status: 201 }, 'alone'],
    ['the refusal is not the operation’s', { errors: [error] }, { status: 409 }, 'refusal'],
    ['the operation is unknown', { data: thing }, { method: 'PATCH' }, 'operation'],
    ['an error has no title', { errors: [{ ...error, title: '' }] }, { status: 404 }, 'title'],
    [
      'an error points two ways',
      { errors: [{ ...error, source: { pointer: '/a', parameter: 'b' } }] },
      { status: 404 },
      'source',
    ],
    [
      'an error is plain JSON',
      { errors: [error] },
      { status: 404, contentType: 'application/json' },
      'came as',
    ],
    [
      'the media type is another',
      { data: thing },
      { contentType: 'application/json' },
      'media type',
    ],
    ['a list has no pages', { data: [], meta: {} }, list, 'pagination'],
    [
      'a page is none',
      { data: [], meta: { pagination: { ...pagination, 'current-page': 0 } } },
      list,
      'current-page',
    ],
  ])('finds that %s', (_what, body, changes, problem) => {
    expect(problemsOf(body, changes).join('\n')).toContain(problem)
  })
})

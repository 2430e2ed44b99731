import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { readScalrDocument } from '../support/contract/contract-document.ts'
import { recordRoutes, type ServedRoute } from '../support/served-routes.ts'
import { startWorld, type World } from '../support/world.ts'

const base = '/api/iacp/v3'

interface DocumentOperation {
  readonly operationId: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
  }[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, unknown>>
  readonly 'x-tokens'?: readonly string[]
}
interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>
}

describe('GET /openapi-public.yml', () => {
  let world: World
  let routes: readonly ServedRoute[]
  let answer: Response
  let document: Document

  beforeAll(async () => {
    const recorded = await recordRoutes(() => startWorld())
    world = recorded.result
    routes = recorded.routes.filter(({ url }) => url.startsWith(`${base}/`))
    answer = await fetch(`${world.controlPlane.url}${base}/openapi-public.yml`)
    document = parse(await answer.text()) as Document
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it('needs no token, and names the address at which it is served', () => {
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/yaml')
    expect(document.servers).toEqual([{ url: `${world.controlPlane.url}${base}` }])
  })

  it('is valid OpenAPI 3.0', async () => {
    const { valid, errors } = await new Validator().validate({ ...document })
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
  })

  it('has the operations that are served, all of them and no others', () => {
    const documented = operationsOf(document).map(([key]) => key)
    const served = routes.map(({ method, url }) => `${method} ${shapeOf(url.slice(base.length))}`)
    expect(documented.toSorted()).toEqual(served.toSorted())
    const ids = operationsOf(document).map(([, { operationId }]) => operationId)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    expect(ids.filter((id) => !/^[a-z]+(?:_[a-z]+)*$/u.test(id))).toEqual([])
  })

  it('says whose tokens an operation takes', () => {
    expect(document.paths['/accounts/{account}']?.['patch']?.['x-tokens']).toEqual(['user'])
    expect(document.paths['/workspaces']?.['get']?.['x-tokens']).toContain('run')
  })

  const scalr = readScalrDocument() as Document | undefined
  it.skipIf(scalr === undefined)(
    "calls and takes what Scalr's document does, where Scalr has the operation",
    () => {
      const theirs = new Map(operationsOf(scalr as Document))
      const different: string[] = []
      for (const [key, ours] of operationsOf(document)) {
        const their = theirs.get(key)
        if (their === undefined) continue
        if (ours.operationId !== their.operationId) different.push(`${key}: ${ours.operationId}`)
        const known = new Set((their.parameters ?? []).map(({ name }) => name))
        for (const { name, in: place } of ours.parameters ?? []) {
          const isOurs = ourParameters.includes(name) || ourParameters.includes(`${key} ${name}`)
          if (!known.has(name) && !isOurs) different.push(`${key}: ${place} ${name}`)
        }
      }
      expect(different).toEqual([])
    },
  )
})

/** Those that every read has, where Scalr documents them for some, and more filters of ours. */
const ourParameters = [
  'fields',
  'include',
  'sort',
  'query',
  'page[number]',
  'page[size]',
  'GET /accounts filter[account]',
  // go-scalr asks with these.
  ...['hooks', 'policy-groups', 'tags'].map((of) => `GET /${of} filter[account]`),
  'GET /hooks filter[events]',
  'GET /agent-pools/{}/access-tokens filter[is-expired]',
  'GET /applies/{}/output format',
  'GET /policy-checks/{}/output format',
  'GET /configuration-versions filter[status]',
  'GET /vars filter[account]',
  // As for `GET /tags`.
  ...['environments', 'workspaces'].flatMap((of) =>
    ['account', 'tag', 'name', 'resource-type'].map(
      (name) => `GET /${of}/{}/relationships/tags filter[${name}]`,
    ),
  ),
]

function operationsOf(document: Document): readonly (readonly [string, DocumentOperation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${shapeOf(path)}`, operation] as const,
    ),
  )
}

/** `/runs/{run}` and `/runs/:id` are both `/runs/{}`. */
function shapeOf(path: string): string {
  return path.replaceAll(/\{[^}]*\}|:[A-Za-z]+/gu, '{}')
}

// The client of the public API brings this into every test that talks to it: each answer of whatever
// control plane the test starts is checked, and the test fails that drew a bad one.
import { subscribe } from 'node:diagnostics_channel'

import type { FastifyInstance } from 'fastify'
import { afterEach } from 'vitest'

import { openApiDocument, type DescribedRoute } from '../../../src/public-api/openapi/index.ts'
import { publicResources } from '../../../src/public-api/public-resources.ts'

import { AnswerContract, type Answer } from './answer-contract.ts'
import { readScalrDocument, type ContractDocument } from './contract-document.ts'
import { ourExtensions } from './our-extensions.ts'

const base = '/api/iacp/v3'
const problems = new Set<string>()

const scalrDocument = readScalrDocument()
if (scalrDocument === undefined) {
  console.log(
    "Answers are checked against our own OpenAPI document; Scalr's is not on this machine.",
  )
}
let scalr: AnswerContract | undefined
let own: AnswerContract | undefined

subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { readonly fastify: FastifyInstance }
  const routes: DescribedRoute[] = []
  fastify.addHook('onRoute', ({ method, url, config }) => {
    const operation = config?.operation
    if (operation !== undefined && url.startsWith(`${base}/`)) {
      routes.push({ method: String(method), path: url.slice(base.length), operation })
    }
  })
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const url = request.routeOptions.url ?? ''
    if (url.startsWith(`${base}/`)) {
      const answer: Answer = {
        method: request.method,
        route: url.slice(base.length),
        status: reply.statusCode,
        contentType: String(reply.getHeader('content-type') ?? ''),
        body: typeof payload === 'string' || Buffer.isBuffer(payload) ? String(payload) : undefined,
        isSparse: /[?&]fields(?:\[|%5B)/u.test(request.url),
      }
      for (const contract of contracts(routes)) {
        for (const problem of contract.problemsOf(answer)) problems.add(problem)
      }
    }
    done(null, payload)
  })
})

/** Made when they are needed first: most files of tests ask for little. */
function contracts(routes: readonly DescribedRoute[]): readonly AnswerContract[] {
  const options = { publicUrl: 'http://localhost', resources: publicResources, routes }
  own ??= new AnswerContract(openApiDocument(options) as unknown as ContractDocument)
  if (scalrDocument === undefined) return [own]
  scalr ??= new AnswerContract(scalrDocument, { extensions: ourExtensions, isWhole: false })
  return [own, scalr]
}

afterEach(() => {
  const found = [...problems]
  problems.clear()
  if (found.length > 0) {
    throw new Error(`Answers of the public API break its documents:\n  ${found.join('\n  ')}`)
  }
})

// The client of the public API brings this into every test that talks to it: each answer of whatever
// control plane the test starts is checked, and the test fails that drew a bad one.
import { subscribe } from 'node:diagnostics_channel'

import type { FastifyInstance } from 'fastify'
import { afterEach } from 'vitest'

import { AnswerContract } from './answer-contract.ts'
import { readScalrDocument } from './contract-document.ts'

const base = '/api/iacp/v3'
const problems = new Set<string>()
let contract: AnswerContract | undefined

const document = readScalrDocument()
if (document === undefined) {
  console.log(
    "Answers are not checked against Scalr's OpenAPI document: it is not on this machine.",
  )
} else {
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const url = request.routeOptions.url ?? ''
      if (url.startsWith(`${base}/`)) {
        contract ??= new AnswerContract(document)
        const found = contract.problemsOf({
          method: request.method,
          route: url.slice(base.length),
          status: reply.statusCode,
          contentType: String(reply.getHeader('content-type') ?? ''),
          body:
            typeof payload === 'string' || Buffer.isBuffer(payload) ? String(payload) : undefined,
        })
        for (const problem of found) problems.add(problem)
      }
      done(null, payload)
    })
  })
}

afterEach(() => {
  const found = [...problems]
  problems.clear()
  if (found.length > 0) {
    throw new Error(`Answers of the public API break its document:\n  ${found.join('\n  ')}`)
  }
})

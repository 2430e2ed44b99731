import { ExecutorError } from '@scalr-agent/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { KubeAnswerError, type KubeCall } from '../src/calls/kube-answer-error.ts'
import { KubeSilentError } from '../src/calls/kube-silent-error.ts'
import {
  isAway,
  isConflict,
  isForbidden,
  isNamespaceTerminating,
  isNotFound,
  isQuotaExceeded,
  kubernetesError,
  toKubernetesError,
} from '../src/kubernetes-error.ts'

const context = { phase: 'launch', doing: 'launch workload `job-1`' }
const creating: KubeCall = { verb: 'create', resource: 'jobs.batch', namespace: 'jobs' }

/** An answer as API servers give it: recorded ones, word for word. */
const answer = (
  status: number,
  reason: string,
  message: string,
  call = creating,
): KubeAnswerError =>
  new KubeAnswerError(call, {
    status,
    body: JSON.stringify({ kind: 'Status', status: 'Failure', message, reason, code: status }),
  })
const translated = (error: unknown): ExecutorError => {
  const result = toKubernetesError(error, context)
  if (!(result instanceof ExecutorError)) throw new TypeError('no ExecutorError')
  return result
}
const withCode = (code: string, message = code): Error =>
  Object.assign(new Error(message), { code })

describe('what the API server says', () => {
  it('names verb, resource and namespace where the role lacks them', () => {
    const error = translated(
      answer(
        403,
        'Forbidden',
        'jobs.batch is forbidden: User "system:serviceaccount:jobs:agent" cannot create resource "jobs" in API group "batch" in the namespace "jobs"',
      ),
    )
    expect(error.code).toBe('REJECTED')
    expect(error.retryable).toBe(false)
    expect(error.message).toContain('may not create jobs.batch in namespace `jobs`')
    expect(error.message).toContain('rbac.yaml')
  })

  it('tells a quota, a namespace that is going and a lack of rights apart: all are 403', () => {
    const quota = answer(
      403,
      'Forbidden',
      'jobs.batch "job-1" is forbidden: exceeded quota: small, requested: count/jobs.batch=1, used: count/jobs.batch=5, limited: count/jobs.batch=5',
    )
    const terminating = answer(
      403,
      'Forbidden',
      'jobs.batch "job-1" is forbidden: unable to create new content in namespace jobs because it is being terminated',
    )
    expect([quota, terminating].map(isForbidden)).toEqual([false, false])
    expect(isQuotaExceeded(quota)).toBe(true)
    expect(isNamespaceTerminating(terminating)).toBe(true)
    expect(translated(quota).message).toContain('a quota of the namespace is used up: ')
    expect(translated(terminating).message).toContain('the namespace is being deleted: ')
  })

  it('gives the words of a webhook that refuses, and calls one that does not answer away', () => {
    const refused = translated(
      answer(
        403,
        'Forbidden',
        'admission webhook "policy.example.com" denied the request: images must come from our registry',
      ),
    )
    expect(refused.code).toBe('REJECTED')
    expect(refused.message).toContain('images must come from our registry')
    const broken = translated(
      answer(
        500,
        'InternalError',
        'Internal error occurred: failed calling webhook "policy.example.com": Post "https://policy.svc:443/": dial tcp 10.0.0.1:443: connect: no route to host',
      ),
    )
    expect(broken.code).toBe('UNAVAILABLE')
    expect(broken.message).toContain('an admission webhook of the cluster does not answer')
  })

  it('asks for newer credentials where the server does not know us', () => {
    const error = translated(answer(401, 'Unauthorized', 'Unauthorized'))
    expect(error.code).toBe('REJECTED')
    expect(error.message).toContain('has expired: renew it')
  })

  it('reads Retry-After from the header, and from the body where there is none', () => {
    const body = JSON.stringify({ kind: 'Status', details: { retryAfterSeconds: 7 } })
    expect(new KubeAnswerError(creating, { status: 429, body }).retryAfterMs).toBe(7000)
    const both = new KubeAnswerError(creating, { status: 429, body, retryAfter: '2' })
    expect(both.retryAfterMs).toBe(2000)
    const forever = new KubeAnswerError(creating, { status: 429, body, retryAfter: '99999' })
    expect(forever.retryAfterMs).toBe(60_000)
    expect(translated(both).code).toBe('UNAVAILABLE')
  })

  it('takes a page of a proxy as it is, on one line', () => {
    const error = new KubeAnswerError(creating, {
      status: 502,
      body: '<html>\n bad\tgateway </html>',
    })
    expect(error.message).toBe('<html> bad gateway </html>')
    expect(isAway(error)).toBe(true)
  })
})

describe('isAway', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['a reset one', withCode('ECONNRESET')],
    ['silence', new KubeSilentError('no answer within 65 s')],
    [
      'too many requests',
      answer(429, 'TooManyRequests', 'the server has received too many requests'),
    ],
    ['an unavailable server', answer(503, 'ServiceUnavailable', 'apiserver is shutting down')],
    ['a leader being elected', answer(500, '', 'etcdserver: leader changed')],
    [
      'a kubelet that restarts',
      answer(
        500,
        '',
        'error dialing backend: dial tcp 10.0.0.4:10250: connect: connection refused',
      ),
    ],
    ['our own word for it', kubernetesError('UNAVAILABLE', 'launch', 'away')],
  ])('%s is', (_name, error) => {
    expect(isAway(error)).toBe(true)
    expect(translated(error).code).toBe('UNAVAILABLE')
  })

  it.each([
    ['a name that is taken', answer(409, 'AlreadyExists', 'jobs.batch "job-1" already exists')],
    ['a lack of rights', answer(403, 'Forbidden', 'cannot create resource')],
    ['nothing there', answer(404, 'NotFound', 'pods "x" not found')],
    [
      'a process that cannot start',
      answer(500, 'InternalError', 'OCI runtime exec failed: exec failed'),
    ],
    ['a wrong certificate', withCode('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ])('%s is not', (_name, error) => {
    expect(isAway(error)).toBe(false)
  })

  it('a server that has just come back knows nobody yet: that passes', () => {
    const body = '{"kind":"Status","message":"Forbidden"}'
    const starting = new KubeAnswerError(creating, { status: 403, body, isStarting: true })
    expect(isAway(starting)).toBe(true)
    expect(isForbidden(starting)).toBe(false)
  })
})

it('tells what is not there and what is taken', () => {
  expect(isNotFound(answer(404, 'NotFound', 'gone'))).toBe(true)
  expect(isConflict(answer(409, 'Conflict', 'the object has been modified'))).toBe(true)
  expect([isNotFound(new Error('404')), isConflict(undefined)]).toEqual([false, false])
})

it.each([
  ['CERT_HAS_EXPIRED', 'the certificate of the API server has expired'],
  ['CERT_NOT_YET_VALID', 'Set the clock of this machine'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'made out to another name'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'not from the authority in the kubeconfig'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS with the API server failed'],
])('explains %s, which no waiting mends', (code, words) => {
  const error = translated(withCode(code, 'x'))
  expect(error.code).toBe('REJECTED')
  expect(error.message).toContain(words)
})

it('leaves errors of ours as they are', () => {
  const own = kubernetesError('INVALID_SPEC', 'launch', 'Cannot launch: wrong.')
  expect(toKubernetesError(own, context)).toBe(own)
})

it('I12: no token is in a message, wherever it was told', () => {
  const token = fc
    .tuple(fc.stringMatching(/^[\w-]{10,40}$/u), fc.stringMatching(/^[\w-]{10,40}$/u))
    .map(([payload, signature]) => `eyJhbGciOiJSUzI1NiJ9.${payload}.${signature}`)
  fc.assert(
    fc.property(token, fc.string({ maxLength: 30 }), (secret, noise) => {
      for (const text of [`${noise} ${secret} ${noise}`, `authorization: Bearer ${secret}`]) {
        const told = [answer(500, '', text), answer(403, '', text), new Error(text)]
        for (const error of told) expect(translated(error).message).not.toContain(secret)
      }
    }),
  )
})

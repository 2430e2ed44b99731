import fc from 'fast-check'
import { expect, it } from 'vitest'

import { deliveryIdOf } from '../../src/webhooks/delivery-id.ts'
import { projectOf } from '../../src/webhooks/project-of.ts'

const json = [['Content-Type', 'application/json']] as const
const of = (payload: unknown): string | undefined =>
  projectOf(json, Buffer.from(JSON.stringify(payload)))

it('finds the project in the payloads of every forge', () => {
  expect(of({ repository: { full_name: 'octo-org/infra' } })).toBe('octo-org/infra')
  expect(of({ project: { path_with_namespace: 'a/b/c' }, repository: { name: 'c' } })).toBe('a/b/c')
  expect(of({ repository: { slug: 'infra', project: { key: 'OPS' } } })).toBe('OPS/infra')
  const toRef = { repository: { slug: 'infra', project: { key: 'OPS' } } }
  expect(of({ pullRequest: { toRef } })).toBe('OPS/infra')
})

it('reads forms, as GitHub can send them', () => {
  const form = [['content-type', 'application/x-www-form-urlencoded']] as const
  const payload = JSON.stringify({ repository: { full_name: 'octo-org/infra' } })
  const body = Buffer.from(new URLSearchParams({ payload }).toString())
  expect(projectOf(form, body)).toBe('octo-org/infra')
})

it('never throws, whatever comes', () => {
  fc.assert(fc.property(fc.uint8Array(), (body) => projectOf(json, body) === undefined || true))
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const project = of(value)
      expect(['string', 'undefined']).toContain(typeof project)
    }),
  )
  expect(of({ repository: { full_name: { toString: 'x' } }, project: 7 })).toBeUndefined()
})

it('knows the delivery ids of every forge', () => {
  expect(deliveryIdOf('github-enterprise', [['X-GitHub-Delivery', 'd-1']])).toBe('d-1')
  expect(deliveryIdOf('gitea', [['X-Gitea-Delivery', 'd-2']])).toBe('d-2')
  expect(deliveryIdOf('bitbucket-data-center', [['X-Request-Id', 'd-3']])).toBe('d-3')
  expect(deliveryIdOf('gitlab', [['Idempotency-Key', 'd-4']])).toBe('d-4')
})

it("GitLab's signed id is worth more than its idempotency key, and the event's id is of one hook", () => {
  const key = ['Idempotency-Key', 'd-4'] as const
  expect(deliveryIdOf('gitlab', [key, ['webhook-id', 'd-5']])).toBe('d-5')
  const event = ['X-Gitlab-Event-UUID', 'e'] as const
  const first = deliveryIdOf('gitlab', [event, ['X-Gitlab-Webhook-UUID', 'hook-1']])
  const second = deliveryIdOf('gitlab', [event, ['X-Gitlab-Webhook-UUID', 'hook-2']])
  expect(first).not.toBe(second)
})

it('takes no id that is ambiguous or absurdly long', () => {
  const twice = [
    ['X-GitHub-Delivery', 'a'],
    ['x-github-delivery', 'b'],
  ] as const
  expect(deliveryIdOf('github-enterprise', twice)).toBeUndefined()
  const long = [['X-GitHub-Delivery', 'x'.repeat(201)]] as const
  expect(deliveryIdOf('github-enterprise', long)).toBeUndefined()
})

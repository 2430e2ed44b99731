import { problemSchema } from '@scalr-agent/core/protocol'
import { expect } from 'vitest'

import type { Answer } from './agent-client.ts'

/** The answer is a problem document (RFC 9457) of that status and type. */
export function expectProblem(answer: Answer, status: number, type: string): void {
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(problemSchema.parse(answer.body)).toMatchObject({ status, type })
  expect(answer.status).toBe(status)
}

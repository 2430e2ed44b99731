import type { WorkloadSpec } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { checkDockerSpec } from '../../src/container/check-docker-spec.ts'
import { shellSpec } from '../support/workloads.ts'

const block = { metadata: 'block', network: 'bridge' } as const

describe('checkDockerSpec', () => {
  it('has nothing against an ordinary spec', () => {
    expect(() => checkDockerSpec(shellSpec('true'), block)).not.toThrow()
  })

  it.each<readonly [string, Partial<WorkloadSpec>]>([
    ['what no executor can launch', { id: 'Job' }],
    ["a label of the executor's own", { labels: { 'io.scalr.agent.workload': 'other' } }],
    ["the machine's own network", { network: 'host' }],
    ["another container's network", { network: 'container:db' }],
  ])('refuses %s', (_what, changes) => {
    expect(() => checkDockerSpec(shellSpec('true', changes), block)).toThrowError(
      expect.objectContaining({ code: 'INVALID_SPEC' }),
    )
  })

  it('lets `metadata: allow` use the network of the machine', () => {
    const spec = shellSpec('true', { network: 'host' })
    expect(() => checkDockerSpec(spec, { ...block, metadata: 'allow' })).not.toThrow()
    const unnamed = shellSpec('true')
    expect(() => checkDockerSpec(unnamed, { ...block, network: 'host' })).toThrow(/metadata/u)
  })
})

import { describe, expect, it } from 'vitest'

import { fromLabels, labelNames, toLabels } from '../../src/container/labels.ts'
import { shellSpec } from '../support/workloads.ts'

const also = { launcher: 'boot.1.2.3.v0x', outputLimitBytes: 1000 }

describe('labels', () => {
  it('tell all that a later process must know', () => {
    const spec = shellSpec('true', {
      labels: { 'scalr-agent/job-id': 'job-1', empty: '' },
      resources: { memoryBytes: 512 },
      deadlineMs: 5000,
    })
    expect(fromLabels(toLabels(spec, also))).toEqual({
      id: spec.id,
      agentId: spec.agentId,
      directory: spec.directory,
      labels: { 'scalr-agent/job-id': 'job-1', empty: '' },
      memoryBytes: 512,
      deadlineMs: 5000,
      startTimeoutMs: 60_000,
      ...also,
    })
  })

  it("keep a spec's labels apart from those of its image", () => {
    const labels = { maintainer: 'somebody', ...toLabels(shellSpec('true'), also) }
    expect(fromLabels(labels)?.labels).toEqual({})
  })

  it('I12: hold no secret', () => {
    const spec = shellSpec('true', { secretEnv: { TOKEN: 'canary' }, env: { PLAIN: 'plain' } })
    expect(JSON.stringify(toLabels(spec, also))).not.toContain('canary')
  })

  it.each([
    ['none at all', undefined],
    ['those of a stranger', { 'com.docker.compose.project': 'x' }],
    ['a name alone', { [labelNames.workload]: 'job-1' }],
    [
      'a record of another version',
      {
        [labelNames.workload]: 'job-1',
        [labelNames.agentId]: 'a',
        [labelNames.directory]: 'd',
        [labelNames.record]: '{"version":2}',
      },
    ],
  ])('make no workload of ours: %s', (_what, labels) => {
    expect(fromLabels(labels)).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'

import { judgePolicies } from '../../src/engine/policy-verdict.ts'
import type { PlannedGroup } from '../../src/engine/policy-job.ts'

type Level = PlannedGroup['policies'][number]['level']
type Said = 'passed' | 'failed' | 'error' | undefined

function judge(policies: readonly (readonly [Level, Said])[], secrets: readonly string[] = []) {
  const group: PlannedGroup = {
    id: 'pgrp-1',
    name: 'security',
    opaVersion: null,
    bundleId: 'pbun-1',
    bytes: 1,
    digest: '',
    commonFunctions: null,
    policies: policies.map(([level], index) => ({
      id: `pol-${index}`,
      name: `p${index}`,
      level,
      path: `p${index}.rego`,
    })),
  }
  const checked = policies.flatMap(([, said], index) =>
    said === undefined
      ? []
      : [
          {
            group: 'pgrp-1',
            policy: `pol-${index}`,
            result: said,
            messages: said === 'passed' ? [] : [`reason ${index}, hunter22`],
          },
        ],
  )
  return judgePolicies({ groups: [group], checked, secrets, durationMs: 7 })
}

describe('what a check of policies comes to', () => {
  it.each<[string, readonly (readonly [Level, Said])[], string]>([
    ['all passed', [['hard-mandatory', 'passed']], 'passed'],
    ['an advisory one failed', [['advisory', 'failed']], 'passed'],
    [
      'a soft one failed',
      [
        ['soft-mandatory', 'failed'],
        ['hard-mandatory', 'passed'],
      ],
      'soft_failed',
    ],
    [
      'a hard one failed beside a soft one',
      [
        ['soft-mandatory', 'failed'],
        ['hard-mandatory', 'failed'],
      ],
      'hard_failed',
    ],
    [
      'an advisory one could not be evaluated',
      [
        ['advisory', 'error'],
        ['hard-mandatory', 'passed'],
      ],
      'errored',
    ],
    [
      'one could not be evaluated and a hard one failed',
      [
        ['soft-mandatory', 'error'],
        ['hard-mandatory', 'failed'],
      ],
      'errored',
    ],
    ['nothing is said of one', [['advisory', undefined]], 'errored'],
  ])('%s', (_what, policies, status) => {
    expect(judge(policies).status).toBe(status)
  })

  it('counts by level, as Scalr does', () => {
    expect(
      judge([
        ['advisory', 'failed'],
        ['soft-mandatory', 'failed'],
        ['soft-mandatory', 'failed'],
        ['hard-mandatory', 'passed'],
      ]).result,
    ).toEqual({
      result: false,
      passed: 1,
      'total-failed': 3,
      'hard-failed': 0,
      'soft-failed': 2,
      'advisory-failed': 1,
      'duration-ms': 7,
      policies: [
        { name: 'p0', result: 'advisory_failed', messages: ['reason 0, hunter22'] },
        { name: 'p1', result: 'soft_failed', messages: ['reason 1, hunter22'] },
        { name: 'p2', result: 'soft_failed', messages: ['reason 2, hunter22'] },
        { name: 'p3', result: 'passed', messages: [] },
      ],
    })
  })

  it('names those that decide, and no others', () => {
    const { message } = judge([
      ['hard-mandatory', 'failed'],
      ['advisory', 'failed'],
    ])
    expect(message).toBe(
      "The run is refused: policy 'p0' of group 'security' (hard-mandatory, failed): reason 0, hunter22.",
    )
  })

  it('I12: shows no sensitive variable of the run', () => {
    const shown = JSON.stringify(judge([['hard-mandatory', 'failed']], ['hunter22']))
    expect(shown).toContain('reason 0, ***************')
    expect(shown).not.toContain('hunter22')
  })
})

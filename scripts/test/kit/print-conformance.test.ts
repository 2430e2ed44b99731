import { FakeEngine, FakeExecutor, kitProgram } from '@scalr-agent/core/testing'
import { describe, expect, it } from 'vitest'

import { printConformance } from '../../kit/print-conformance.ts'

describe('printConformance', () => {
  it('prints what failed and why, in one line, and counts it', async () => {
    const engine = new FakeEngine()
    const lines: string[] = []
    const sum = await printConformance(
      {
        create: () => {
          const executor = new FakeExecutor({ engine, program: kitProgram })
          executor.onCall = ({ method }) => {
            if (method === 'wait') throw new Error('no answer\nfrom the engine')
          }
          return executor
        },
        only: ['wait.exit-0', 'launch.attach-unknown', 'lost.outcome'],
      },
      (line) => lines.push(line),
    )
    expect(lines).toEqual([
      'ok   launch.attach-unknown – attach to an id that was never launched gives undefined',
      'FAIL wait.exit-0 – tells exit code 0 as it is – Error: no answer from the engine',
      expect.stringMatching(/^skip lost\.outcome – .* – the option vanish is not given$/u),
      '1 passed, 1 failed, 1 skipped',
    ])
    expect(sum).toEqual({ passed: 1, failed: 1, skipped: 1 })
  })
})

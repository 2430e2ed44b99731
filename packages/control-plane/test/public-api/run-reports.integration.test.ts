import { describe, expect, it } from 'vitest'

import { beginRun } from '../support/begin-run.ts'
import { startWorld } from '../support/world.ts'

describe('how a job ended', () => {
  it('is on the plan: cause, exit code, evidence, last lines, stages and interrupts', async () => {
    await using world = await startWorld()
    const { agent, read } = await beginRun(world)
    expect((await read()).plan.attributes['agent-report']).toBeNull()
    const plan = await agent.take()
    await agent.finish(plan, {
      result: 'failed',
      exitCode: 137,
      failure: {
        cause: 'out-of-memory',
        message: 'Error: The Run has reached the memory limit.',
        evidence: 'limit 1, peak 2',
        lastLines: 'Killed',
      },
      stages: [
        {
          name: 'init',
          exitCode: 0,
          startedAt: '2026-01-01T00:00:00Z',
          endedAt: '2026-01-01T00:00:01Z',
        },
        { name: 'plan', exitCode: 137 },
      ],
      interrupts: { soft: 1, hard: 0, kill: 0 },
    })
    const { run, plan: ended, apply } = await read()
    expect(run).toMatchObject({
      status: 'errored',
      'error-message': 'Error: The Run has reached the memory limit.',
    })
    expect(ended.attributes.status).toBe('errored')
    expect(ended.attributes['agent-report']).toMatchObject({
      result: 'failed',
      cause: 'out-of-memory',
      message: 'Error: The Run has reached the memory limit.',
      evidence: 'limit 1, peak 2',
      'last-lines': 'Killed',
      'exit-code': 137,
      stages: [
        {
          name: 'init',
          'started-at': '2026-01-01T00:00:00Z',
          'ended-at': '2026-01-01T00:00:01Z',
          'exit-code': 0,
        },
        { name: 'plan', 'started-at': null, 'ended-at': null, 'exit-code': 137 },
      ],
      interrupts: { soft: 1, hard: 0, kill: 0 },
      log: { bytes: 0, 'missing-bytes': 0 },
      'state-lock': null,
      'rescued-state': null,
    })
    expect(apply.attributes).toMatchObject({ status: 'unreachable', 'agent-report': null })
  })

  it('a post-plan hook that fails ends the run before its apply, and its plan can be seen', async () => {
    await using world = await startWorld()
    const { agent, read } = await beginRun(world)
    await agent.finishPlan(await agent.take(), {
      result: 'failed',
      exitCode: 3,
      failure: { cause: 'hook-failed', message: "The hook 'post-plan' failed." },
      resources: { additions: 2, changes: 1, destructions: 0 },
    })
    const { run, plan, apply } = await read()
    expect(run).toMatchObject({ status: 'errored', 'has-changes': true })
    expect(plan.attributes).toMatchObject({ 'resource-additions': 2, 'has-changes': true })
    expect(apply.attributes.status).toBe('unreachable')
  })

  it('a post-apply hook that fails leaves the counts of what was applied', async () => {
    await using world = await startWorld()
    const { agent, read } = await beginRun(world)
    await agent.finishPlan(await agent.take())
    await agent.finish(await agent.take(), {
      result: 'failed',
      exitCode: 3,
      failure: { cause: 'hook-failed', message: "The hook 'post-apply' failed." },
      resources: { additions: 2, changes: 0, destructions: 1 },
      stages: [
        { name: 'apply', exitCode: 0 },
        { name: 'post-apply', exitCode: 3 },
      ],
    })
    const { run, apply } = await read()
    expect(run.status).toBe('errored')
    expect(apply.attributes).toMatchObject({
      status: 'errored',
      'resource-additions': 2,
      'resource-destructions': 1,
    })
    expect(apply.attributes['agent-report']).toMatchObject({ cause: 'hook-failed', 'exit-code': 3 })
  })
})

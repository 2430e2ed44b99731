import { describe, expect, it } from 'vitest'

import { explainFailure, memoryWarning } from '../../src/job/explain-failure.ts'
import { newJobRecord, type JobRecord } from '../../src/job/index.ts'
import type { FailureCause } from '../../src/protocol/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

const mebibyte = 1024 ** 2

function explain(cause: FailureCause, change: Partial<JobRecord>, phaseSucceeded = false) {
  const clock = new ManualClock()
  const record = newJobRecord(
    {
      jobId: 'job-1',
      phase: 'plan',
      fencingToken: 1,
      runId: 'run-1',
      workspaceId: 'ws-1',
      workspaceName: 'ws',
      queuedAt: clock.now().toISOString(),
      leaseMs: 60_000,
    },
    { clock, bootClock: clock },
  )
  return explainFailure({
    record: { ...record, timeoutMs: 3_600_000, ...change },
    cause,
    exitCode: 1,
    failedStage: 'post-plan',
    phaseSucceeded,
  })
}

const memory = {
  limitBytes: 256 * mebibyte,
  softBytes: Math.floor(256 * mebibyte * 0.8),
  warnBytes: Math.floor(256 * mebibyte * 0.72),
}

describe('the words of a failure', () => {
  it("out of memory: are Scalr's own, with limit and peak", () => {
    const outcome = {
      kind: 'out-of-memory',
      limitBytes: memory.limitBytes,
      peakBytes: memory.limitBytes - 5,
    } as const
    expect(explain('out-of-memory', { outcome })).toEqual({
      cause: 'out-of-memory',
      message:
        'Error: The Run has reached the memory limit, and this operation was aborted. Please ensure there is enough memory on the Scalr Agent instances and/or consider increasing the Run memory limits (256MB) for the Scalr Agent.',
      evidence: 'limit 268435456 bytes, peak 268435451',
    })
  })

  it('out of memory: take the measured peak where the engine tells none', () => {
    const outcome = {
      kind: 'exited',
      exitCode: 1,
      memoryExceeded: { limitBytes: memory.limitBytes },
    } as const
    const { message, evidence } = explain('out-of-memory', {
      outcome,
      memory: { ...memory, peakBytes: 77 },
    })
    expect(message).toContain('(256MB)')
    expect(evidence).toContain('limit of 268435456 bytes, peak 77')
  })

  it('soft memory limit: name it, its share of the limit, and when it was interrupted', () => {
    const stop = { reason: 'memory', softAt: '2026-01-01T00:00:00.000Z' } as const
    const { message, evidence } = explain('soft-memory-limit', { memory, stop })
    expect(message).toContain('the soft memory limit (205MB, 80% of 256MB)')
    expect(message).toContain('increasing the Run memory limits (256MB)')
    expect(evidence).toBe('interrupted at 2026-01-01T00:00:00.000Z')
  })

  it('time-out: name the setting that is to be raised', () => {
    expect(explain('timeout', {}).message).toBe(
      "Plan took longer than 60 minutes and was stopped. Raise the workspace's run-operation-timeout if it needs more.",
    )
  })

  it('state locked: say who, since when, and how to unlock', () => {
    const lock = {
      id: 'lock-1',
      state: 'held',
      who: 'alice@build-7',
      created: '2026-11-22 10:11:12 UTC',
      operation: 'OperationTypeApply',
      tool: 'tofu',
    } as const
    expect(explain('state-locked', { findings: { stage: 'plan', lock } }).message).toBe(
      'Plan failed: the state is locked by alice@build-7 since 2026-11-22 10:11:12 UTC (OperationTypeApply, lock lock-1). Wait for the operation that holds it; if there is none any more: tofu force-unlock lock-1',
    )
  })

  it('state locked: blame nobody where the tool did not say who', () => {
    const lock = { id: 'lock-1', state: 'held', tool: 'terraform' } as const
    expect(explain('state-locked', { findings: { stage: 'plan', lock } }).message).toContain(
      'locked by another operation (lock lock-1)',
    )
  })

  it("init: carry the tool's title, and its errors as evidence", () => {
    const errors = 'Error: Failed to query available provider packages\n\nCould not retrieve.'
    const failure = explain('init-failed', { findings: { stage: 'init', errors } })
    expect(failure.message).toContain(
      'init ended with exit code 1: Failed to query available provider packages.',
    )
    expect(failure.evidence).toBe(errors)
  })

  it('init: send nobody to the registry for a configuration that cannot be read', () => {
    const errors = 'Error: Unclosed configuration block\n\n  on main.tf line 1'
    const { message } = explain('init-failed', { findings: { stage: 'init', errors } })
    expect(message).toContain('Unclosed configuration block. Correct the configuration.')
    expect(message).not.toContain('registries')
  })

  it.each(['preparation', 'tool-not-found'] as const)('%s: say what the script said', (cause) => {
    const errors = 'Error: terraform was not found in PATH (/bin). Install it where the job runs.'
    expect(explain(cause, { findings: { stage: 'prepare', errors } }).message).toBe(
      'Plan failed: terraform was not found in PATH (/bin). Install it where the job runs.',
    )
  })

  it('hook: carry its own first error, or that of what it passes on', () => {
    const errors = 'Error: the pre-plan hook needs ruby, which was not found.\nExit code: 127'
    expect(explain('hook-failed', { findings: { stage: 'pre-plan', errors } }).message).toBe(
      "Plan failed: the hook 'post-plan' ended with exit code 1: the pre-plan hook needs ruby, which was not found.",
    )
  })

  it('hook: say that the phase itself succeeded', () => {
    const { message } = explain('hook-failed', {}, true)
    expect(message).toContain("the hook 'post-plan' ended with exit code 1.")
    expect(message).toContain('The plan itself succeeded.')
    expect(explain('hook-failed', {}).message).not.toContain('succeeded')
  })

  it('disk: show the line that proves it', () => {
    const findings = { stage: 'init', diskFull: 'write x: no space left on device (0 MiB free)' }
    const failure = explain('disk-full', { findings })
    expect(failure.message).toContain('the disk is full: write x: no space left on device')
    expect(failure.evidence).toContain('0 MiB free')
  })

  it('carry the last lines of the log', () => {
    expect(explain('exit-code', { lastLines: 'the end' }).lastLines).toBe('the end')
    expect(explain('exit-code', {})).not.toHaveProperty('lastLines')
  })

  it('fit into a report, whatever the tool wrote', () => {
    const errors = 'x'.repeat(30_000)
    const { evidence } = explain('exit-code', { findings: { stage: 'plan', errors } })
    expect(evidence?.length).toBeLessThanOrEqual(16_000)
  })
})

describe('the warning of memory', () => {
  it('tells use and soft limit, and nothing when memory was ample', () => {
    expect(memoryWarning({ memory: { ...memory, peakBytes: 190 * mebibyte } })).toContain(
      'Warning: The Run used 190MB of memory, near its soft limit (205MB, 80% of 256MB)',
    )
    expect(memoryWarning({ memory })).toBeUndefined()
  })
})

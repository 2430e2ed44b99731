import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createWorkloadSpec, workloadName } from '../../src/run/index.ts'
import { jobToken, makeJobSpec, runToken, variable, type TestJobSpec } from '../support/job-spec.ts'

const create = (changes: TestJobSpec = {}): ReturnType<typeof createWorkloadSpec> =>
  createWorkloadSpec({
    spec: makeJobSpec(changes),
    agentId: 'agent-v0abc',
    nonce: '0123456789abcdef'.repeat(2),
    workloadUrl: 'https://scalr.example.com',
    filesDirectory: '/nowhere',
    defaults: { startTimeoutMs: 180_000, memoryBytes: 512, cpus: 1 },
  })

describe('createWorkloadSpec', () => {
  it('names the workload by job and fencing token, and the directory by run', () => {
    const { workload } = create()
    expect(workload).toMatchObject({
      id: 'job-v0abc-3',
      directory: 'run-v0abc',
      agentId: 'agent-v0abc',
      argv: ['/bin/sh', 'data/job.sh'],
      resources: { memoryBytes: 512, cpus: 1 },
      startTimeoutMs: 180_000,
    })
  })

  it("takes the job's own resources before the agent's", () => {
    const { workload } = create({ resources: { memoryBytes: 1024 } })
    expect(workload.resources).toEqual({ memoryBytes: 1024, cpus: 1 })
  })

  it("the engine's deadline comes after the job's own", () => {
    const { workload } = create({ timeoutMs: 1000, applyGraceMs: 2000 })
    expect(workload.deadlineMs).toBeGreaterThan(3000 + 10 * 60_000)
  })

  it('asks for the errored state of both phases, from the working directory', () => {
    const workspace = { workingDirectory: '/envs/prod/' }
    const errored = { name: 'errored.tfstate', path: 'workdir/envs/prod/errored.tfstate' }
    expect(create({ phase: 'apply', workspace }).resultFiles).toEqual([errored])
    expect(create({ workspace }).resultFiles).toEqual([
      { name: 'plan.bin', path: 'data/terraform.tfplan.bin' },
      { name: 'plan.json', path: 'data/plan.json' },
      { name: 'lock.hcl', path: 'data/lock.hcl' },
      errored,
    ])
    expect(create().resultFiles.at(-1)?.path).toBe('workdir/errored.tfstate')
  })

  it('I12: no secret outside of secretEnv', () => {
    const { workload, secrets } = create({
      variables: [variable('password', 'sensitive-CANARY', { sensitive: true })],
    })
    const { secretEnv, ...visible } = workload
    for (const secret of [runToken, jobToken, 'sensitive-CANARY']) {
      expect(secrets).toContain(secret)
      expect(JSON.stringify(visible)).not.toContain(secret)
    }
    expect(JSON.stringify(secretEnv)).not.toContain(jobToken)
  })

  it('I12: units of run-all get neither the token of the run nor the state of the workspace', () => {
    const workspace = { terragrunt: { version: null, useRunAll: true } }
    for (const phase of ['plan', 'apply'] as const) {
      const { workload } = create({ phase, workspace })
      const text = JSON.stringify(workload)
      expect(text).not.toContain(runToken)
      expect(text).not.toContain('TF_HTTP')
      expect(workload.env).toMatchObject({ TF_IN_AUTOMATION: '1', TF_INPUT: '0' })
    }
    expect(create({ workspace }).resultFiles).toEqual([
      { name: 'plan.bin', path: 'data/units', pack: 'archive' },
      { name: 'plan.json', path: 'data/unit-plans', pack: 'plans' },
    ])
    expect(create({ phase: 'apply', workspace }).resultFiles).toEqual([
      { name: 'errored-states.tar.gz', path: 'data/unit-states', pack: 'archive' },
    ])
  })

  it('refuses an apply without a plan, a plan without a configuration, a bad nonce', () => {
    const only = (name: string): NonNullable<TestJobSpec['files']> =>
      makeJobSpec().files.filter((file) => file.name === name)
    expect(() => create({ phase: 'apply', files: only('configuration.tar.gz') })).toThrow(
      'plan.bin',
    )
    expect(() => create({ files: only('plan.bin') })).toThrow('configuration.tar.gz')
    const options = { spec: makeJobSpec(), agentId: 'a', workloadUrl: 'https://x', nonce: 'short' }
    expect(() =>
      createWorkloadSpec({ ...options, filesDirectory: '', defaults: { startTimeoutMs: 1 } }),
    ).toThrow('nonce')
  })
})

describe('workloadName', () => {
  it('keeps what is an RFC 1123 label', () => {
    expect(workloadName('job-v0abc-12')).toBe('job-v0abc-12')
  })

  it('always gives a label, and different ones for different names', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), fc.string(), (one, other) => {
        expect(workloadName(one)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u)
        if (one !== other) expect(workloadName(one)).not.toBe(workloadName(other))
      }),
    )
  })
})

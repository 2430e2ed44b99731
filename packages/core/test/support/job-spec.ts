import { jobSpecSchema, type JobSpec, type JobVariable } from '../../src/protocol/index.ts'

export const runToken = 'run-token-CANARY-aaaa'
export const jobToken = 'job-token-CANARY-bbbb'

export interface TestJobSpec extends Partial<Omit<JobSpec, 'run' | 'workspace'>> {
  readonly run?: Partial<JobSpec['run']>
  readonly workspace?: Partial<JobSpec['workspace']>
}

/** A valid job, checked against the wire schema. */
export function makeJobSpec(changes: TestJobSpec = {}): JobSpec {
  const digest = `sha-256=:${'A'.repeat(43)}=:`
  return jobSpecSchema.parse({
    jobId: 'job-v0abc',
    phase: 'plan',
    fencingToken: 3,
    leaseMs: 60_000,
    applyGraceMs: 900_000,
    timeoutMs: 3_600_000,
    jobToken,
    jobTokenExpiresAt: '2026-11-22T12:00:00Z',
    runToken,
    statePath: '/api/agent/v1/state/ws-v0abc',
    environment: { id: 'env-v0abc', name: 'production' },
    account: { id: 'acc-v0abc' },
    variables: [],
    registryHooks: [],
    policyGroups: [],
    files: ['configuration.tar.gz', 'plan.bin', 'lock.hcl'].map((name) => ({
      name,
      bytes: 1,
      digest,
    })),
    resources: {},
    ...changes,
    run: {
      id: 'run-v0abc',
      source: 'api',
      message: null,
      isDestroy: false,
      isDry: false,
      refresh: true,
      refreshOnly: false,
      targets: [],
      replacements: [],
      vcs: null,
      ...changes.run,
    },
    workspace: {
      id: 'ws-v0abc',
      name: 'network',
      iacPlatform: 'terraform',
      iacVersion: null,
      workingDirectory: '',
      varFiles: [],
      hooks: { preInit: null, prePlan: null, postPlan: null, preApply: null, postApply: null },
      terragrunt: null,
      ...changes.workspace,
    },
  })
}

export function variable(
  key: string,
  value: string,
  changes: Partial<JobVariable> = {},
): JobVariable {
  return { key, value, category: 'terraform', hcl: false, sensitive: false, ...changes }
}

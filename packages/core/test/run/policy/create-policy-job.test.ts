import { describe, expect, it } from 'vitest'

import type { JobPolicyGroup, JobSpec } from '../../../src/protocol/index.ts'
import { createWorkloadSpec } from '../../../src/run/index.ts'
import { createPolicyJob, policyTools } from '../../../src/run/policy/index.ts'
import { jobToken, makeJobSpec, runToken, variable } from '../../support/job-spec.ts'

const nonce = '00112233445566778899aabbccddeeff'

function group(changes: Partial<JobPolicyGroup> = {}): JobPolicyGroup {
  return {
    id: 'pgrp-1',
    name: 'security',
    opaVersion: '1.22.2',
    commonFunctions: 'lib',
    file: 'policy-group-1.tar.gz',
    policies: [
      { id: 'pol-1', name: 'clouds', level: 'hard-mandatory', path: 'policies/clouds.rego' },
    ],
    ...changes,
  }
}

function policySpec(groups: readonly JobPolicyGroup[] = [group()]): JobSpec {
  const digest = `sha-256=:${'A'.repeat(43)}=:`
  const names = ['tfrun.json', 'plan.json', ...groups.map(({ file }) => file)]
  return makeJobSpec({
    phase: 'policy',
    policyGroups: [...groups],
    files: names.map((name) => ({ name, bytes: 1, digest })),
    variables: [variable('secret', 'hunter22-CANARY', { sensitive: true })],
  })
}

const create = (spec: JobSpec) =>
  createWorkloadSpec({
    spec,
    agentId: 'agent-1',
    nonce,
    workloadUrl: 'https://control-plane.example.com',
    filesDirectory: '/nowhere',
    proxy: { httpsProxy: 'http://user:proxy-CANARY@proxy.example.com' },
    defaults: { startTimeoutMs: 1000 },
  })

describe('a policy job', () => {
  it('is a script that checks one policy after the other', async () => {
    const second = group({
      id: 'pgrp-2',
      name: "the team's",
      opaVersion: null,
      commonFunctions: null,
      file: 'policy-group-2.tar.gz',
    })
    const { files } = createPolicyJob({
      spec: policySpec([group(), second]),
      opa: { kind: 'cache', path: 'caches/tools/opa', version: '1.22.2' },
      allowNetwork: false,
    })
    await expect(files.script).toMatchFileSnapshot('../snapshots/policy.sh')
  })

  it('I12: has no variable, token or proxy in its environment, and masks them all', () => {
    const { workload, secrets } = create(policySpec())
    expect(workload.env).toEqual({})
    expect(workload.secretEnv).toEqual({})
    for (const secret of ['hunter22-CANARY', 'proxy-CANARY', runToken, jobToken]) {
      expect(secrets).toContain(secret)
    }
  })

  it('has its results for a result, and no state', () => {
    expect(create(policySpec()).resultFiles).toEqual([
      { name: 'policy-results.json', path: 'data/policy-results.json' },
    ])
  })

  it('wants one OPA, in the version that a group asks for', () => {
    expect(policyTools(policySpec())).toEqual([{ name: 'opa', version: '1.22.2' }])
    expect(policyTools(policySpec([group({ opaVersion: null })]))).toEqual([
      { name: 'opa', version: null },
    ])
    const other = group({ name: 'other', opaVersion: '1.0.0', file: 'policy-group-2.tar.gz' })
    expect(() => policyTools(policySpec([group(), other]))).toThrow(
      "policy group 'security' wants OPA 1.22.2 and 'other' wants 1.0.0",
    )
  })

  it('is refused without its files', () => {
    const spec = { ...policySpec(), files: [] }
    expect(() => create(spec)).toThrow(
      'the control plane sent no tfrun.json and no plan.json and no policy-group-1.tar.gz',
    )
  })
})

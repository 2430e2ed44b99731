import { writeFileSync } from 'node:fs'

import type { CheckedPolicy, FinishJobRequest } from '@scalr-agent/core/protocol'

import type { JobRef, RegisteredSession } from '../../src/engine/index.ts'
import { dataFiles, PhasesRepository, PoliciesRepository } from '../../src/store/index.ts'
import { report, streamOf } from './agent-messages.ts'
import { digestOf } from './digest.ts'
import type { EngineFixture } from './engine-fixture.ts'

type Level = 'advisory' | 'soft-mandatory' | 'hard-mandatory'
type Said = CheckedPolicy['result']

const planJson = Buffer.from('{"a plan": true}')

/** An engine whose environment has policies, and an agent that checks them. */
export class PolicyScene {
  readonly fixture: EngineFixture
  readonly session: RegisteredSession
  readonly policies: PoliciesRepository
  readonly #phases: PhasesRepository

  constructor(fixture: EngineFixture) {
    this.fixture = fixture
    this.session = fixture.register('one')
    this.policies = new PoliciesRepository(fixture.db)
    this.#phases = new PhasesRepository(fixture.db)
  }

  /** A group for every environment, or for that of the fixture alone. Policies are named after their place. */
  addGroup(levels: readonly Level[], options: { readonly isEnforced?: boolean } = {}): string {
    const { fixture } = this
    const id = fixture.ids('pgrp')
    const at = fixture.clock.now().toISOString()
    const isEnforced = options.isEnforced ?? true
    fixture.db.run(
      'INSERT INTO policy_groups (id, account_id, name, is_enforced, created_at) VALUES (?, ?, ?, ?, ?)',
      id,
      fixture.accountId,
      id,
      isEnforced,
      at,
    )
    if (!isEnforced) {
      fixture.db.run(
        'INSERT INTO policy_group_environments (policy_group_id, environment_id) VALUES (?, ?)',
        id,
        fixture.environmentId,
      )
    }
    this.uploadBundle(id, levels)
    return id
  }

  /** @returns the id of the bundle */
  uploadBundle(groupId: string, levels: readonly Level[]): string {
    const { fixture } = this
    const id = fixture.ids('pbun')
    const content = Buffer.from(`bundle ${id}`)
    writeFileSync(fixture.files.path(dataFiles.policyBundle(id)), content)
    fixture.db.transaction(() =>
      this.policies.replaceBundle(
        {
          id,
          groupId,
          bytes: content.byteLength,
          digest: digestOf(content),
          commonFunctions: null,
          policies: levels.map((level, index) => ({
            id: fixture.ids('pol'),
            name: `p${index}`,
            enabled: true,
            level,
            path: `p${index}.rego`,
          })),
        },
        fixture.clock.now().toISOString(),
      ),
    )
    fixture.engine.policyBundleReplaced()
    return id
  }

  /** Plans with changes, and hands the plan over as JSON too. */
  async plan(values: Partial<FinishJobRequest> = {}): Promise<void> {
    const { fixture } = this
    const ref = await fixture.take(this.session)
    const file = { name: 'plan.json', bytes: planJson.byteLength, digest: digestOf(planJson) }
    await fixture.engine.storeFile(ref, file.name, { ...file, content: streamOf(planJson) })
    const plan = { name: 'plan.bin', bytes: 6, digest: digestOf('a plan') }
    await fixture.finishPlan(ref, { files: [plan, file], ...values })
  }

  /** What the policies of the job's groups say, in their order. */
  async finishCheck(ref: JobRef, said: readonly Said[]): Promise<void> {
    const check = this.policies.check(this.fixture.job(ref.jobId)?.phase_id ?? '')
    const groups = JSON.parse(check?.groups_json ?? '[]') as {
      id: string
      policies: { id: string }[]
    }[]
    const all = groups.flatMap(({ id, policies }) =>
      policies.map((policy) => ({ group: id, policy: policy.id })),
    )
    await this.finishWith(ref, {
      version: 1,
      policies: said.map((result, index) => ({
        ...all[index],
        result,
        messages: result === 'passed' ? [] : [`reason ${index}`],
      })),
    })
  }

  /** Brings this as the results. */
  async finishWith(ref: JobRef, results: unknown): Promise<void> {
    const { engine } = this.fixture
    const content = Buffer.from(JSON.stringify(results))
    const file = {
      name: 'policy-results.json',
      bytes: content.byteLength,
      digest: digestOf(content),
    }
    await engine.storeFile(ref, file.name, { ...file, content: streamOf(content) })
    await engine.finish(ref, report(ref, { files: [file] }))
  }

  checkId(runId: string): string {
    return this.#phases.ofRun(runId, 'policy')?.id ?? ''
  }

  checkStatus(runId: string): string | undefined {
    return this.#phases.ofRun(runId, 'policy')?.status
  }
}

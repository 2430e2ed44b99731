import {
  jobFileNames,
  policyResultsSchema,
  type CheckedPolicy,
  type FinishJobRequest,
  type JobVariable,
  type PolicyLevel,
} from '@scalr-agent/core/protocol'
import { z } from 'zod'

import type { JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { resultFile } from './job-input.ts'
import { readPlannedGroups, type PlannedGroup } from './policy-job.ts'

/** Scalr's `result` of a policy check. */
export interface PolicyCheckResult {
  readonly result: boolean
  readonly passed: number
  readonly 'total-failed': number
  readonly 'hard-failed': number
  readonly 'soft-failed': number
  readonly 'advisory-failed': number
  readonly 'duration-ms': number
  readonly policies: readonly {
    readonly name: string
    readonly result: 'passed' | 'hard_failed' | 'soft_failed' | 'advisory_failed'
    readonly messages: readonly string[]
  }[]
}

/** What a check of policies comes to. */
export interface PolicyVerdict {
  readonly status: 'passed' | 'soft_failed' | 'hard_failed' | 'errored'
  /** Absent where nothing can be said. */
  readonly result?: PolicyCheckResult
  /** Names the policies that decided, and why; absent for one that passed. */
  readonly message?: string
}

/** Enough of what policies say to see what is wrong; all of it is in the result and the log. */
const shownMessages = 3
/** A file of results that is larger is refused. */
export const maxPolicyResultBytes = 32 * 1024 ** 2

const failedWords = {
  advisory: 'advisory_failed',
  'soft-mandatory': 'soft_failed',
  'hard-mandatory': 'hard_failed',
} as const satisfies Record<PolicyLevel, string>

const toldSchema = z.object({
  variables: z.array(z.object({ value: z.string(), sensitive: z.boolean() })),
})

/** Reads what a policy job brought; `undefined` when it is none, or brought nothing. */
export async function readPolicyVerdict(
  context: EngineContext,
  job: JobRow,
  report: FinishJobRequest,
): Promise<PolicyVerdict | undefined> {
  const { policies, jobSpecs, files, clock } = context
  if (job.phase !== 'policy' || report.result !== 'succeeded') return undefined
  const groups = readPlannedGroups(policies.check(job.phase_id)?.groups_json ?? '[]')
  const file = report.files.find(({ name }) => name === jobFileNames.policyResults)
  if (file === undefined) {
    return { status: 'errored', message: 'The agent brought no results of the policy check.' }
  }
  const content = await files.readAll(resultFile(job, file.name), {
    maxBytes: maxPolicyResultBytes,
  })
  const results = policyResultsSchema.safeParse(parseJson(content.toString('utf8')))
  if (!results.success) {
    return {
      status: 'errored',
      message: 'The results of the policy check cannot be read. See the log of the agent.',
    }
  }
  const told = toldSchema.safeParse(parseJson(jobSpecs.get(job.id)?.spec_json ?? '')).data
  return judgePolicies({
    groups,
    checked: results.data.policies,
    secrets: sensitiveValues(told?.variables ?? []),
    durationMs: clock.now().getTime() - new Date(job.started_at ?? 0).getTime(),
  })
}

/**
 * What the run has to go by. A policy that could not be evaluated, or of which nothing is said, makes the
 * check `errored`, whatever its level: nobody knows what it would have said.
 */
export function judgePolicies(options: {
  readonly groups: readonly PlannedGroup[]
  readonly checked: readonly CheckedPolicy[]
  /** Never shown. */
  readonly secrets: readonly string[]
  readonly durationMs: number
}): PolicyVerdict {
  const { groups, checked, secrets, durationMs } = options
  const said = groups.flatMap((group) =>
    group.policies.map((policy) => {
      const found = checked.find((one) => one.group === group.id && one.policy === policy.id)
      return {
        name: policy.name,
        group: group.name,
        level: policy.level,
        result: found?.result ?? 'error',
        messages: (found?.messages ?? ['the agent says nothing about it']).map((message) =>
          withoutSecrets(message, secrets),
        ),
      }
    }),
  )
  const failed = (level: PolicyLevel): typeof said =>
    said.filter((one) => one.result === 'failed' && one.level === level)
  const [hard, soft, advisory] = [
    failed('hard-mandatory'),
    failed('soft-mandatory'),
    failed('advisory'),
  ]
  const faults = said.filter((one) => one.result === 'error')
  const result: PolicyCheckResult = {
    result: hard.length + soft.length + advisory.length + faults.length === 0,
    passed: said.filter((one) => one.result === 'passed').length,
    'total-failed': hard.length + soft.length + advisory.length,
    'hard-failed': hard.length,
    'soft-failed': soft.length,
    'advisory-failed': advisory.length,
    'duration-ms': Math.max(0, durationMs),
    policies: said
      .filter((one) => one.result !== 'error')
      .map(({ name, level, result: one, messages }) => ({
        name,
        result: one === 'passed' ? one : failedWords[level],
        messages,
      })),
  }
  if (faults.length > 0) {
    const message = `The policy check failed: ${sentence('could not be evaluated', faults)} Correct the Rego and upload the policy group again.`
    return { status: 'errored', result, message }
  }
  if (hard.length > 0) {
    return {
      status: 'hard_failed',
      result,
      message: `The run is refused: ${sentence('hard-mandatory, failed', hard)}`,
    }
  }
  if (soft.length > 0) {
    return {
      status: 'soft_failed',
      result,
      message: `The run needs an override: ${sentence('soft-mandatory, failed', soft)}`,
    }
  }
  return { status: 'passed', result }
}

function sentence(
  what: string,
  policies: readonly {
    readonly name: string
    readonly group: string
    readonly messages: readonly string[]
  }[],
): string {
  return policies
    .map(({ name, group, messages }) => {
      const more = messages.length - shownMessages
      const shown = messages.slice(0, shownMessages).map((message) => message.slice(0, 500))
      const rest = more > 0 ? ` … and ${more} more` : ''
      return `policy '${name}' of group '${group}' (${what}): ${shown.join('; ')}${rest}.`
    })
    .join(' ')
}

function sensitiveValues(
  variables: readonly Pick<JobVariable, 'value' | 'sensitive'>[],
): readonly string[] {
  return variables
    .filter(({ sensitive, value }) => sensitive && value.length >= 6)
    .map(({ value }) => value)
    .toSorted((a, b) => b.length - a.length)
}

function withoutSecrets(message: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '***************'), message)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { agentReport } from './agent-report.ts'
import { choice, count, flag, list, map, needed, shape, text } from '../kind.ts'
import { always, defineResource, read, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const policyCheckDefinition = defineResource({
  type: 'policy-checks',
  path: '/policy-checks',
  label: 'policy check',
  operations: ['get'],
  attributes: {
    /** Why the check is `errored`, or which policies hold the run up. Of the embedded control plane alone. */
    agentErrorMessage: read(text),
    /** Who let the run pass, and why. Of the embedded control plane alone. */
    agentOverride: read(shape({ comment: text, userId: text })),
    agentReport,
    permissions: write(map),
    result: write(
      shape({
        advisoryFailed: count,
        durationMs: count,
        hardFailed: count,
        passed: count,
        policies: list(
          shape({
            messages: list(text),
            name: needed(text),
            result: needed(choice('passed', 'hard_failed', 'soft_failed', 'advisory_failed')),
            unitPath: text,
          }),
        ),
        result: flag,
        softFailed: count,
        totalFailed: count,
      }),
    ),
    status: always(
      choice(
        'pending',
        'queued',
        'passed',
        'errored',
        'hard_failed',
        'soft_failed',
        'overridden',
        'unreachable',
        'canceled',
      ),
    ),
    statusTimestamps: write(map),
  },
  relations: {},
  include: [],
  filter: [],
  sort: [],
})

/** What the policies say of a run. */
export type PolicyCheck = ReadOf<typeof policyCheckDefinition>

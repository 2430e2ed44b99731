import { agentReport } from './agent-report.ts'
import { choice, count, map, nullable } from '../kind.ts'
import { always, write } from '../resource-definition.ts'

/** What a plan and an apply have in common. */
export const phaseAttributes = {
  agentReport,
  executionDetails: write(map),
  resourceAdditions: write(nullable(count)),
  resourceChanges: write(nullable(count)),
  resourceDestructions: write(nullable(count)),
  status: always(
    choice('pending', 'queued', 'running', 'finished', 'canceled', 'errored', 'unreachable'),
  ),
  statusTimestamps: write(map),
}

import { runsSchema } from './v1-runs.ts'
import { jobSpecsSchema } from './v2-job-specs.ts'
import { runFactsSchema } from './v3-run-facts.ts'
import { policiesSchema } from './v4-policies.ts'
import { planVariablesSchema } from './v5-plan-variables.ts'
import { vcsSchema } from './v6-vcs.ts'
import { identitiesSchema } from './v7-identities.ts'
import { agentCallsSchema } from './v8-agent-calls.ts'
import { hookRepositoriesSchema } from './v9-hook-repositories.ts'
import { vcsDeliveriesSchema } from './v10-vcs-deliveries.ts'

/**
 * The whole schema, one file a version: version n brings a database from n-1 to n. Never edit one
 * that was released; add the next.
 *
 * Times are ISO-8601 strings in UTC. Booleans are 0 and 1. Columns that end in `_json` hold JSON.
 * Secrets live in seven columns and nowhere else: `variables.value`, `run_variables.value` (rows with
 * `sensitive = 1`), `job_specs.spec_json` (while the job is started), `plan_variables.variables_json` (until
 * the run has ended), `vcs_providers.webhook_secret`, `agent_pools.webhook_headers_json` and
 * `signing_keys.secret`.
 */
export const schemaVersions: readonly string[] = [
  runsSchema,
  jobSpecsSchema,
  runFactsSchema,
  policiesSchema,
  planVariablesSchema,
  vcsSchema,
  identitiesSchema,
  agentCallsSchema,
  hookRepositoriesSchema,
  vcsDeliveriesSchema,
]

import type { Database } from './database.ts'

/** What a run must know of its workspace, environment and account, in one row. */
export interface WorkspaceFacts {
  readonly id: string
  readonly name: string
  readonly agent_pool_id: string | null
  readonly auto_apply: number
  readonly auto_queue_runs: string
  readonly iac_platform: 'terraform' | 'opentofu'
  readonly iac_version: string | null
  readonly working_directory: string | null
  readonly var_files_json: string
  readonly hooks_json: string | null
  readonly terragrunt_json: string | null
  readonly run_operation_timeout_minutes: number | null
  readonly locked: number
  readonly lock_reason: string | null
  readonly memory_bytes: number | null
  readonly environment_id: string
  readonly environment_name: string
  readonly environment_pool_id: string | null
  readonly environment_locked: number
  readonly environment_lock_reason: string | null
  readonly account_id: string
  readonly account_pool_id: string | null
}

export function findWorkspaceFacts(db: Database, workspaceId: string): WorkspaceFacts | undefined {
  return db.get<WorkspaceFacts>(
    `SELECT w.id, w.name, w.agent_pool_id, w.auto_apply, w.auto_queue_runs, w.iac_platform, w.iac_version,
       w.working_directory, w.var_files_json, w.hooks_json, w.terragrunt_json, w.run_operation_timeout_minutes, w.locked,
       w.lock_reason, w.memory_bytes, e.id AS environment_id, e.name AS environment_name,
       e.default_agent_pool_id AS environment_pool_id, e.locked AS environment_locked,
       e.lock_reason AS environment_lock_reason, e.account_id,
       (SELECT p.id FROM agent_pools p WHERE p.account_id = e.account_id AND p.is_default = 1
         AND (p.is_shared = 1 OR EXISTS (SELECT 1 FROM agent_pool_environments l
           WHERE l.pool_id = p.id AND l.environment_id = e.id))
         ORDER BY p.created_at LIMIT 1) AS account_pool_id
     FROM workspaces w JOIN environments e ON e.id = w.environment_id WHERE w.id = ?`,
    workspaceId,
  )
}

export interface ScopedVariableRow {
  readonly key: string
  readonly value: string
  readonly category: 'terraform' | 'shell' | 'env'
  readonly hcl: number
  readonly sensitive: number
  readonly final: number
  readonly environment_id: string | null
  readonly workspace_id: string | null
}

/** Variables that the workspace sees, from the widest scope to the narrowest. */
export function findScopedVariables(db: Database, facts: WorkspaceFacts): ScopedVariableRow[] {
  return db.all<ScopedVariableRow>(
    `SELECT key, value, category, hcl, sensitive, final, environment_id, workspace_id FROM variables
     WHERE account_id = ? AND ((workspace_id IS NULL AND environment_id IS NULL)
       OR (workspace_id IS NULL AND environment_id = ?) OR workspace_id = ?)
     ORDER BY workspace_id IS NOT NULL, environment_id IS NOT NULL, rowid`,
    facts.account_id,
    facts.environment_id,
    facts.id,
  )
}

export interface ConfigurationFacts {
  readonly id: string
  readonly workspace_id: string
  readonly status: string
  readonly auto_queue_runs: number
  readonly is_dry: number
  readonly bytes: number | null
  readonly digest: string | null
}

const configurationColumns = 'id, workspace_id, status, auto_queue_runs, is_dry, bytes, digest'

export function findConfiguration(db: Database, id: string): ConfigurationFacts | undefined {
  return db.get<ConfigurationFacts>(
    `SELECT ${configurationColumns} FROM configuration_versions WHERE id = ?`,
    id,
  )
}

/** The one that a run takes which names none. */
export function findLatestConfiguration(
  db: Database,
  workspaceId: string,
): ConfigurationFacts | undefined {
  return db.get<ConfigurationFacts>(
    `SELECT ${configurationColumns} FROM configuration_versions
     WHERE workspace_id = ? AND status = 'uploaded' ORDER BY uploaded_at DESC, rowid DESC LIMIT 1`,
    workspaceId,
  )
}

/** Where a configuration came from, when whoever uploaded it said so. */
export function findVcsRevision(
  db: Database,
  configurationVersionId: string,
): { readonly branch: string; readonly commit: string } | undefined {
  return db.get<{ branch: string; commit: string }>(
    'SELECT branch, commit_sha AS "commit" FROM vcs_revisions WHERE configuration_version_id = ?',
    configurationVersionId,
  )
}

/** Accounts and workspaces, runs and their jobs, agents, variables, states. */
export const runsSchema = `
CREATE TABLE signing_keys (id TEXT PRIMARY KEY, secret BLOB NOT NULL, created_at TEXT NOT NULL) STRICT;

CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), email TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT;

-- Tokens of users, service accounts and pools. The secret itself is a JWT that only its owner holds; 'id' is its jti.
CREATE TABLE access_tokens (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('user', 'service-account', 'pool')),
  owner_id TEXT NOT NULL, name TEXT, description TEXT, created_by TEXT, created_at TEXT NOT NULL,
  expires_at TEXT, last_used_at TEXT, revoked_at TEXT
) STRICT;
CREATE INDEX access_tokens_by_owner ON access_tokens(owner_id);

CREATE TABLE agent_pools (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  is_default INTEGER NOT NULL DEFAULT 0, is_shared INTEGER NOT NULL DEFAULT 1,
  vcs_enabled INTEGER NOT NULL DEFAULT 0, webhook_enabled INTEGER NOT NULL DEFAULT 0,
  webhook_url TEXT, webhook_headers_json TEXT, created_at TEXT NOT NULL, UNIQUE (account_id, name)
) STRICT;

-- Environments that a pool which is not shared is linked to.
CREATE TABLE agent_pool_environments (
  pool_id TEXT NOT NULL REFERENCES agent_pools(id) ON DELETE CASCADE,
  environment_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  PRIMARY KEY (pool_id, environment_id)
) STRICT;

CREATE TABLE agents (
  id TEXT PRIMARY KEY, pool_id TEXT NOT NULL REFERENCES agent_pools(id) ON DELETE CASCADE,
  name TEXT NOT NULL, instance_id TEXT NOT NULL, version TEXT NOT NULL, os TEXT NOT NULL,
  runtime TEXT NOT NULL, driver TEXT NOT NULL, cpu_platform TEXT NOT NULL, kind TEXT NOT NULL,
  slots_total INTEGER NOT NULL, slots_free INTEGER NOT NULL,
  -- What the agent said last; 'offline' follows from last_seen_at and is not stored.
  reported_status TEXT NOT NULL DEFAULT 'idle', error_message TEXT,
  -- Names the present session; calls with an older one get 409 session-gone. NULL: disconnected.
  session_id TEXT, drain_requested INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, UNIQUE (pool_id, name)
) STRICT;

CREATE TABLE environments (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  default_agent_pool_id TEXT REFERENCES agent_pools(id), mask_sensitive_output INTEGER NOT NULL DEFAULT 1,
  locked INTEGER NOT NULL DEFAULT 0, lock_reason TEXT,
  created_by TEXT, created_at TEXT NOT NULL, updated_at TEXT, UNIQUE (account_id, name)
) STRICT;

CREATE TABLE workspaces (
  id TEXT PRIMARY KEY, environment_id TEXT NOT NULL REFERENCES environments(id), name TEXT NOT NULL,
  agent_pool_id TEXT REFERENCES agent_pools(id), auto_apply INTEGER NOT NULL DEFAULT 0,
  auto_queue_runs TEXT NOT NULL DEFAULT 'skip_first', execution_mode TEXT NOT NULL DEFAULT 'remote',
  iac_platform TEXT NOT NULL DEFAULT 'terraform', iac_version TEXT,
  working_directory TEXT, var_files_json TEXT NOT NULL DEFAULT '[]', hooks_json TEXT,
  run_operation_timeout_minutes INTEGER, deletion_protection INTEGER NOT NULL DEFAULT 0,
  environment_type TEXT NOT NULL DEFAULT 'unmapped',
  -- The lock of a person. The lock of a run is 'the run that is not terminal', see engine/.
  locked INTEGER NOT NULL DEFAULT 0, lock_reason TEXT, locked_by TEXT,
  memory_bytes INTEGER, created_by TEXT, created_at TEXT NOT NULL, updated_at TEXT,
  UNIQUE (environment_id, name)
) STRICT;

CREATE TABLE variables (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id),
  -- Scope: the workspace, else the environment, else the account.
  environment_id TEXT REFERENCES environments(id) ON DELETE CASCADE,
  workspace_id TEXT REFERENCES workspaces(id) ON DELETE CASCADE,
  key TEXT NOT NULL, value TEXT NOT NULL DEFAULT '',
  category TEXT NOT NULL CHECK (category IN ('terraform', 'shell', 'env')),
  hcl INTEGER NOT NULL DEFAULT 0, sensitive INTEGER NOT NULL DEFAULT 0, final INTEGER NOT NULL DEFAULT 0,
  description TEXT, updated_by TEXT, updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX variables_by_workspace ON variables(workspace_id);

-- The archive itself is the file configuration-versions/<id>.tar.gz.
CREATE TABLE configuration_versions (
  id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
  status TEXT NOT NULL DEFAULT 'pending', source TEXT NOT NULL DEFAULT 'api',
  auto_queue_runs INTEGER NOT NULL DEFAULT 0, is_dry INTEGER NOT NULL DEFAULT 0,
  error_message TEXT, bytes INTEGER, digest TEXT, created_at TEXT NOT NULL, uploaded_at TEXT
) STRICT;

CREATE TABLE runs (
  id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
  configuration_version_id TEXT NOT NULL REFERENCES configuration_versions(id),
  -- Order within the workspace's queue.
  sequence INTEGER NOT NULL UNIQUE,
  status TEXT NOT NULL DEFAULT 'pending', source TEXT NOT NULL DEFAULT 'api', message TEXT,
  is_destroy INTEGER NOT NULL DEFAULT 0, is_dry INTEGER NOT NULL DEFAULT 0,
  auto_apply INTEGER NOT NULL DEFAULT 0, refresh INTEGER NOT NULL DEFAULT 1,
  refresh_only INTEGER NOT NULL DEFAULT 0, save_plan INTEGER NOT NULL DEFAULT 0,
  target_addrs_json TEXT NOT NULL DEFAULT '[]', replace_addrs_json TEXT NOT NULL DEFAULT '[]',
  iac_platform TEXT NOT NULL, has_changes INTEGER NOT NULL DEFAULT 0, error_message TEXT,
  -- NULL, 'soft' or 'force': what was asked for.
  cancel_requested TEXT, created_by TEXT, created_at TEXT NOT NULL, finished_at TEXT,
  status_timestamps_json TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX runs_by_workspace ON runs(workspace_id, sequence);
CREATE INDEX runs_by_status ON runs(status);

CREATE TABLE run_variables (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
  category TEXT NOT NULL, hcl INTEGER NOT NULL DEFAULT 0, sensitive INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE status_transitions (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  status TEXT NOT NULL, reason TEXT, user_id TEXT, occurred_at TEXT NOT NULL
) STRICT;

-- Scalr's plan and apply: one row a phase. The log is logs/<id>.log, the plan JSON plans/<id>.json.
CREATE TABLE phases (
  id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  phase TEXT NOT NULL CHECK (phase IN ('plan', 'apply', 'policy')), status TEXT NOT NULL DEFAULT 'pending',
  has_changes INTEGER, resource_additions INTEGER, resource_changes INTEGER, resource_destructions INTEGER,
  -- How its job ended, as the public API shows it.
  report_json TEXT, status_timestamps_json TEXT NOT NULL DEFAULT '{}', UNIQUE (run_id, phase)
) STRICT;

-- What an agent takes: one phase of one run, given out one or more times (a plan) or at most once (an apply).
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, phase_id TEXT NOT NULL REFERENCES phases(id) ON DELETE CASCADE,
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL, pool_id TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('plan', 'apply', 'policy')),
  -- queued: to be given out; assigned: given out, not accepted yet; started: accepted; finished.
  state TEXT NOT NULL CHECK (state IN ('queued', 'assigned', 'started', 'finished')),
  fencing_token INTEGER NOT NULL DEFAULT 0, agent_id TEXT, session_id TEXT,
  lease_expires_at TEXT, reported_state TEXT, queued_at TEXT NOT NULL, assigned_at TEXT, started_at TEXT,
  finished_at TEXT, result TEXT, finish_json TEXT,
  -- NULL, 'soft' or 'force', and the cursor of the signal that says so.
  cancel TEXT, signal_cursor INTEGER, run_token_revoked INTEGER NOT NULL DEFAULT 0,
  -- How often it was started. A later attempt appends to the same log: log_base is where its part begins.
  attempts INTEGER NOT NULL DEFAULT 0, log_base INTEGER NOT NULL DEFAULT 0
) STRICT;
-- One job that is not finished a phase, whatever the code does (I6).
CREATE UNIQUE INDEX jobs_one_live ON jobs(phase_id) WHERE state <> 'finished';
CREATE INDEX jobs_by_state ON jobs(state, pool_id);
CREATE INDEX jobs_by_agent ON jobs(agent_id, state);

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;

-- The state itself is the file states/<id>.tfstate.
CREATE TABLE state_versions (
  id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
  run_id TEXT, serial INTEGER NOT NULL, lineage TEXT, md5 TEXT NOT NULL, bytes INTEGER NOT NULL,
  outputs_json TEXT NOT NULL DEFAULT '[]', resources_json TEXT NOT NULL DEFAULT '[]',
  rescued INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
) STRICT;
CREATE INDEX state_versions_by_workspace ON state_versions(workspace_id, created_at);

-- Terraform's own lock (http backend).
CREATE TABLE state_locks (
  workspace_id TEXT PRIMARY KEY REFERENCES workspaces(id) ON DELETE CASCADE,
  lock_id TEXT NOT NULL, info_json TEXT NOT NULL, run_id TEXT, created_at TEXT NOT NULL
) STRICT;

-- Answers to calls with an Idempotency-Key, so that a retry changes nothing.
CREATE TABLE idempotency_keys (
  key TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
`

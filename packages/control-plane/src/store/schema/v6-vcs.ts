/** Private VCSs behind agents: what is bound to their repositories, and what is still to be done there. */
export const vcsSchema = `
-- No token of the VCS: the agents of the pool hold it.
CREATE TABLE vcs_providers (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  vcs_type TEXT NOT NULL, url TEXT NOT NULL, username TEXT,
  agent_pool_id TEXT NOT NULL REFERENCES agent_pools(id),
  -- The name of the VCS at the agents of the pool; NULL: the only one there, or the provider's own name.
  vcs_name TEXT,
  is_shared INTEGER NOT NULL DEFAULT 1, draft_pr_runs INTEGER NOT NULL DEFAULT 0,
  webhook_secret TEXT, error_message TEXT, created_at TEXT NOT NULL, UNIQUE (account_id, name)
) STRICT;

CREATE TABLE vcs_provider_environments (
  vcs_provider_id TEXT NOT NULL REFERENCES vcs_providers(id) ON DELETE CASCADE,
  environment_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  PRIMARY KEY (vcs_provider_id, environment_id)
) STRICT;

-- head_sha: the commit that was looked at last, so that a push which comes twice or late changes nothing.
ALTER TABLE workspaces ADD COLUMN vcs_provider_id TEXT REFERENCES vcs_providers(id);
ALTER TABLE workspaces ADD COLUMN vcs_repo_json TEXT;
ALTER TABLE workspaces ADD COLUMN vcs_head_sha TEXT;
ALTER TABLE policy_groups ADD COLUMN vcs_provider_id TEXT REFERENCES vcs_providers(id);
ALTER TABLE policy_groups ADD COLUMN vcs_head_sha TEXT;
CREATE INDEX workspaces_by_vcs_provider ON workspaces(vcs_provider_id) WHERE vcs_provider_id IS NOT NULL;

CREATE TABLE vcs_pull_requests (
  workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE, number INTEGER NOT NULL,
  head_sha TEXT NOT NULL, PRIMARY KEY (workspace_id, number)
) STRICT;

-- Webhooks that were taken, by the id that the agent's spool gave them.
CREATE TABLE vcs_webhooks (
  pool_id TEXT NOT NULL REFERENCES agent_pools(id) ON DELETE CASCADE, id TEXT NOT NULL,
  received_at TEXT NOT NULL, PRIMARY KEY (pool_id, id)
) STRICT;

-- What is to be done at a VCS. A task goes with the transaction that keeps its result. Those of one subject
-- are done one after the other.
CREATE TABLE vcs_tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  vcs_provider_id TEXT NOT NULL REFERENCES vcs_providers(id) ON DELETE CASCADE,
  subject TEXT NOT NULL, kind TEXT NOT NULL, payload_json TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, due_at TEXT NOT NULL, created_at TEXT NOT NULL, error_message TEXT
) STRICT;
CREATE INDEX vcs_tasks_by_subject ON vcs_tasks(vcs_provider_id, subject, id);

-- The status of a run at its commit: one row a run, with what the VCS was told last.
CREATE TABLE commit_statuses (
  run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  vcs_provider_id TEXT NOT NULL REFERENCES vcs_providers(id) ON DELETE CASCADE,
  repository TEXT NOT NULL, commit_sha TEXT NOT NULL, context TEXT NOT NULL,
  sent_state TEXT, attempts INTEGER NOT NULL DEFAULT 0, error_message TEXT,
  -- NULL: nothing to tell. version: grows with each change of the run.
  due_at TEXT, version INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX commit_statuses_due ON commit_statuses(due_at) WHERE due_at IS NOT NULL;
CREATE INDEX commit_statuses_by_commit ON commit_statuses(commit_sha);
-- Whoever moves a run, its commit hears of it.
CREATE TRIGGER commit_statuses_follow AFTER UPDATE OF status ON runs
BEGIN
  UPDATE commit_statuses SET due_at = '', attempts = 0, version = version + 1 WHERE run_id = NEW.id;
END;

CREATE TABLE modules (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id),
  vcs_provider_id TEXT NOT NULL REFERENCES vcs_providers(id), vcs_repo_json TEXT NOT NULL,
  name TEXT NOT NULL, provider TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending'
    CHECK (status IN ('no_version_tags', 'pending', 'setup_complete', 'errored')),
  -- The newest version of all, and the newest that may be used.
  latest_version_id TEXT, module_version_id TEXT,
  error_message TEXT, created_by TEXT, created_at TEXT NOT NULL, UNIQUE (account_id, name, provider)
) STRICT;

-- The archive itself is the file module-versions/<id>.tar.gz.
CREATE TABLE module_versions (
  id TEXT PRIMARY KEY, module_id TEXT NOT NULL REFERENCES modules(id) ON DELETE CASCADE,
  version TEXT NOT NULL, tag TEXT NOT NULL, commit_sha TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'ok', 'errored')),
  error_message TEXT, bytes INTEGER, digest TEXT, created_at TEXT NOT NULL, UNIQUE (module_id, version)
) STRICT;
`

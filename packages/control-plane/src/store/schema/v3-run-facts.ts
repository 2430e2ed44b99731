/** Hooks of the registry, revisions of configurations, and what an apply takes over from its plan. */
export const runFactsSchema = `
CREATE TABLE hooks (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  description TEXT, interpreter TEXT NOT NULL, scriptfile_path TEXT NOT NULL, vcs_repo_json TEXT,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'errored')),
  error_message TEXT, updated_by TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  UNIQUE (account_id, name)
) STRICT;

-- What was uploaded: the file hook-archives/<id>.tar.gz. One that was replaced, or whose hook is gone, stays
-- while a started job was told of it.
CREATE TABLE hook_archives (
  id TEXT PRIMARY KEY, hook_id TEXT NOT NULL, bytes INTEGER NOT NULL, digest TEXT NOT NULL,
  uploaded_at TEXT NOT NULL, replaced_at TEXT
) STRICT;
CREATE UNIQUE INDEX hook_archives_present ON hook_archives(hook_id) WHERE replaced_at IS NULL;

CREATE TABLE hook_environment_links (
  id TEXT PRIMARY KEY, hook_id TEXT NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  environment_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  events_json TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (hook_id, environment_id)
) STRICT;

CREATE TABLE vcs_revisions (
  id TEXT PRIMARY KEY,
  configuration_version_id TEXT NOT NULL UNIQUE REFERENCES configuration_versions(id) ON DELETE CASCADE,
  branch TEXT NOT NULL, commit_sha TEXT NOT NULL, commit_message TEXT, commit_url TEXT,
  repository_id TEXT, clone_url TEXT, sender_username TEXT
) STRICT;

ALTER TABLE workspaces ADD COLUMN terragrunt_json TEXT;

-- What the plan was made with; its apply takes the same, whatever the workspace says by then.
ALTER TABLE runs ADD COLUMN settings_json TEXT;
-- The state that a saved plan was made of.
ALTER TABLE runs ADD COLUMN planned_state_id TEXT;
`

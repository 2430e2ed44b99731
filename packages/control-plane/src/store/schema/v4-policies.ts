/** Policy groups, and what a run's policies said. */
export const policiesSchema = `
CREATE TABLE policy_groups (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  opa_version TEXT, is_enforced INTEGER NOT NULL DEFAULT 0, common_functions_folder TEXT,
  vcs_repo_json TEXT,
  -- 'fetching': nothing was uploaded yet.
  status TEXT NOT NULL DEFAULT 'fetching' CHECK (status IN ('fetching', 'active', 'errored')),
  error_message TEXT, created_at TEXT NOT NULL, UNIQUE (account_id, name)
) STRICT;

CREATE TABLE policy_group_environments (
  policy_group_id TEXT NOT NULL REFERENCES policy_groups(id) ON DELETE CASCADE,
  environment_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  PRIMARY KEY (policy_group_id, environment_id)
) STRICT;

-- What was uploaded: the file policy-bundles/<id>.tar.gz. One that was replaced, or whose group is gone,
-- stays while a run's check names it.
CREATE TABLE policy_bundles (
  id TEXT PRIMARY KEY, policy_group_id TEXT NOT NULL, bytes INTEGER NOT NULL, digest TEXT NOT NULL,
  common_functions TEXT, uploaded_at TEXT NOT NULL, replaced_at TEXT
) STRICT;
CREATE UNIQUE INDEX policy_bundles_present ON policy_bundles(policy_group_id) WHERE replaced_at IS NULL;

-- The policies of the present bundle.
CREATE TABLE policies (
  id TEXT PRIMARY KEY, policy_group_id TEXT NOT NULL REFERENCES policy_groups(id) ON DELETE CASCADE,
  name TEXT NOT NULL, enabled INTEGER NOT NULL, enforced_level TEXT NOT NULL, path TEXT NOT NULL,
  UNIQUE (policy_group_id, name)
) STRICT;

-- Scalr's policy check: what the phase 'policy' of a run has beside what every phase has.
CREATE TABLE policy_checks (
  phase_id TEXT PRIMARY KEY REFERENCES phases(id) ON DELETE CASCADE,
  -- Groups, bundles and policies as they were when the check was queued; and 'tfrun'.
  groups_json TEXT NOT NULL, run_facts_json TEXT NOT NULL,
  result_json TEXT, error_message TEXT, overridden_by TEXT, override_comment TEXT
) STRICT;
`

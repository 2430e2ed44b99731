/** Programs with access of their own, and words that workspaces and environments are found by. */
export const identitiesSchema = `
CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  email TEXT NOT NULL, description TEXT, is_active INTEGER NOT NULL DEFAULT 1,
  created_by TEXT, created_at TEXT NOT NULL, UNIQUE (account_id, name)
) STRICT;

-- Whoever 'created_by', 'updated_by' and 'locked_by' may name.
CREATE VIEW actors (id, email) AS
  SELECT id, email FROM users UNION ALL SELECT id, email FROM service_accounts;

CREATE TABLE tags (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  created_at TEXT NOT NULL, UNIQUE (account_id, name)
) STRICT;
CREATE TABLE workspace_tags (
  workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
  tag_id TEXT NOT NULL REFERENCES tags(id) ON DELETE CASCADE, PRIMARY KEY (workspace_id, tag_id)
) STRICT;
CREATE INDEX workspace_tags_by_tag ON workspace_tags(tag_id);
CREATE TABLE environment_tags (
  environment_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  tag_id TEXT NOT NULL REFERENCES tags(id) ON DELETE CASCADE, PRIMARY KEY (environment_id, tag_id)
) STRICT;
CREATE INDEX environment_tags_by_tag ON environment_tags(tag_id);
`

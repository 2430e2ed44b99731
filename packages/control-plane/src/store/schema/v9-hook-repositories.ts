/** Hooks of the registry that come from a repository. */
export const hookRepositoriesSchema = `
-- As of policy groups; vcs_head_sha: the commit that the present files are of.
ALTER TABLE hooks ADD COLUMN vcs_provider_id TEXT REFERENCES vcs_providers(id);
ALTER TABLE hooks ADD COLUMN vcs_head_sha TEXT;

-- Whether workspaces may choose another backend. None can here, but clients write it and read it back.
ALTER TABLE environments ADD COLUMN remote_backend_overridable INTEGER NOT NULL DEFAULT 1;
`

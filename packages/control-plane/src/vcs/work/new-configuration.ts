import type { ForgeCommit } from '../forge/index.ts'
import type { VcsContext } from '../vcs-context.ts'

export interface Revision {
  readonly configurationVersionId: string
  readonly branch: string
  readonly commit: ForgeCommit
  readonly repository: { readonly id: string; readonly cloneUrl: string | null }
  readonly sender: string | null
}

/** A configuration version whose archive will be fetched. Inside a transaction. @returns its id */
export function addConfiguration(
  { db, ids, at }: VcsContext,
  values: { readonly workspaceId: string; readonly isDry: boolean },
): string {
  const id = ids('cv')
  db.run(
    `INSERT INTO configuration_versions (id, workspace_id, source, auto_queue_runs, is_dry, created_at)
     VALUES (?, ?, 'vcs', 1, ?, ?)`,
    id,
    values.workspaceId,
    values.isDry,
    at(),
  )
  return id
}

/** Says of which commit it is. Inside a transaction. */
export function addRevision({ db, ids }: VcsContext, revision: Revision): void {
  const { commit, repository } = revision
  db.run(
    `INSERT INTO vcs_revisions (id, configuration_version_id, branch, commit_sha, commit_message, commit_url,
       repository_id, clone_url, sender_username) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ids('vcsrev'),
    revision.configurationVersionId,
    revision.branch,
    commit.sha,
    commit.message,
    commit.url,
    repository.id,
    repository.cloneUrl,
    revision.sender ?? commit.author,
  )
}

/** Its archive will not come. Inside a transaction. */
export function failConfiguration({ db, at }: VcsContext, id: string, reason: string): void {
  db.run(
    `UPDATE configuration_versions SET status = 'errored', error_message = ?, uploaded_at = ?
     WHERE id = ? AND status = 'pending'`,
    reason,
    at(),
    id,
  )
}

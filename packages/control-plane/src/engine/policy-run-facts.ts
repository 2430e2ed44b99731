import type { RunRow, WorkspaceFacts } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'

interface RevisionRow {
  readonly branch: string
  readonly commit_sha: string
  readonly commit_message: string | null
  readonly repository_id: string | null
  readonly sender_username: string | null
}

interface MoreRow {
  readonly email: string | null
  readonly environment_type: string
}

/**
 * `tfrun`: what policies may know of a run beside its plan, under Scalr's names. There is no cost estimate
 * here, and of people only their e-mail is known.
 */
export function policyRunFacts(
  { db }: Pick<EngineContext, 'db'>,
  run: RunRow,
  facts: WorkspaceFacts,
): Readonly<Record<string, unknown>> {
  const more = db.get<MoreRow>(
    `SELECT (SELECT email FROM actors WHERE id = ?) AS email, environment_type FROM workspaces WHERE id = ?`,
    run.created_by,
    facts.id,
  )
  const revision = db.get<RevisionRow>(
    'SELECT * FROM vcs_revisions WHERE configuration_version_id = ?',
    run.configuration_version_id,
  )
  const email = more?.email ?? null
  return {
    id: run.id,
    source: run.source,
    message: run.message,
    is_destroy: run.is_destroy === 1,
    is_dry: run.is_dry === 1,
    refresh_only: run.refresh_only === 1,
    created_at: run.created_at,
    created_by: email === null ? null : { name: email, username: email, email, teams: [] },
    environment: { id: facts.environment_id, name: facts.environment_name, tags: [] },
    workspace: {
      id: facts.id,
      name: facts.name,
      auto_apply: run.auto_apply === 1,
      working_directory: facts.working_directory,
      environment_type: more?.environment_type ?? 'unmapped',
      iac_platform: run.iac_platform,
      iac_version: facts.iac_version,
      tags: [],
    },
    vcs: revision === undefined ? null : vcsFacts(revision),
  }
}

function vcsFacts(revision: RevisionRow): Readonly<Record<string, unknown>> {
  const { sender_username: sender } = revision
  return {
    repository_id: revision.repository_id,
    branch: revision.branch,
    commit: {
      sha: revision.commit_sha,
      message: revision.commit_message,
      author: { name: sender, username: sender, email: null },
    },
    pull_request: null,
  }
}

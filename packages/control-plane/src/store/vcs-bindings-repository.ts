import type { Database } from './database.ts'

/** A workspace that takes its configurations from a repository. */
export interface BoundWorkspaceRow {
  readonly id: string
  readonly name: string
  readonly environment_name: string
  readonly vcs_provider_id: string
  readonly vcs_repo_json: string
  readonly vcs_head_sha: string | null
}

export interface BoundPolicyGroupRow {
  readonly id: string
  readonly account_id: string
  readonly vcs_provider_id: string
  readonly vcs_repo_json: string
  readonly vcs_head_sha: string | null
  readonly common_functions_folder: string | null
}

export interface BoundHookRow {
  readonly id: string
  readonly vcs_provider_id: string
  readonly vcs_repo_json: string
  readonly vcs_head_sha: string | null
  readonly scriptfile_path: string
}

const workspaceSql = `SELECT w.id, w.name, e.name AS environment_name, w.vcs_provider_id, w.vcs_repo_json,
  w.vcs_head_sha FROM workspaces w JOIN environments e ON e.id = w.environment_id
  WHERE w.vcs_provider_id IS NOT NULL AND w.vcs_repo_json IS NOT NULL`

const groupSql = `SELECT id, account_id, vcs_provider_id, vcs_repo_json, vcs_head_sha, common_functions_folder
  FROM policy_groups WHERE vcs_provider_id IS NOT NULL AND vcs_repo_json IS NOT NULL`

const hookSql = `SELECT id, vcs_provider_id, vcs_repo_json, vcs_head_sha, scriptfile_path
  FROM hooks WHERE vcs_provider_id IS NOT NULL AND vcs_repo_json IS NOT NULL`

/** Forges take `Acme/Infra` and `acme/infra` for one repository. */
const sameRepository = "lower(vcs_repo_json ->> '$.identifier') = lower(?)"

/** What is bound to repositories. */
export class VcsBindingsRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  workspace(id: string): BoundWorkspaceRow | undefined {
    return this.#db.get<BoundWorkspaceRow>(`${workspaceSql} AND w.id = ?`, id)
  }

  workspacesOf(providerId: string, repository: string): BoundWorkspaceRow[] {
    return this.#db.all<BoundWorkspaceRow>(
      `${workspaceSql} AND w.vcs_provider_id = ? AND ${sameRepository} ORDER BY w.created_at, w.id`,
      providerId,
      repository,
    )
  }

  setWorkspaceHead(id: string, sha: string): void {
    this.#db.run('UPDATE workspaces SET vcs_head_sha = ? WHERE id = ?', sha, id)
  }

  /** The commit of a pull request that the workspace saw last. */
  pullRequestHead(workspaceId: string, number: number): string | undefined {
    return this.#db.get<{ head_sha: string }>(
      'SELECT head_sha FROM vcs_pull_requests WHERE workspace_id = ? AND number = ?',
      workspaceId,
      number,
    )?.head_sha
  }

  setPullRequestHead(workspaceId: string, number: number, sha: string): void {
    this.#db.run(
      `INSERT INTO vcs_pull_requests (workspace_id, number, head_sha) VALUES (?, ?, ?)
       ON CONFLICT (workspace_id, number) DO UPDATE SET head_sha = excluded.head_sha`,
      workspaceId,
      number,
      sha,
    )
  }

  policyGroup(id: string): BoundPolicyGroupRow | undefined {
    return this.#db.get<BoundPolicyGroupRow>(`${groupSql} AND id = ?`, id)
  }

  policyGroupsOf(providerId: string, repository: string): BoundPolicyGroupRow[] {
    return this.#db.all<BoundPolicyGroupRow>(
      `${groupSql} AND vcs_provider_id = ? AND ${sameRepository} ORDER BY created_at, id`,
      providerId,
      repository,
    )
  }

  setPolicyGroupHead(id: string, sha: string): void {
    this.#db.run('UPDATE policy_groups SET vcs_head_sha = ? WHERE id = ?', sha, id)
  }

  hook(id: string): BoundHookRow | undefined {
    return this.#db.get<BoundHookRow>(`${hookSql} AND id = ?`, id)
  }

  hooksOf(providerId: string, repository: string): BoundHookRow[] {
    return this.#db.all<BoundHookRow>(
      `${hookSql} AND vcs_provider_id = ? AND ${sameRepository} ORDER BY created_at, id`,
      providerId,
      repository,
    )
  }

  setHookHead(id: string, sha: string): void {
    this.#db.run('UPDATE hooks SET vcs_head_sha = ? WHERE id = ?', sha, id)
  }

  modulesOf(providerId: string, repository: string): string[] {
    return this.#db
      .all<{ id: string }>(
        `SELECT id FROM modules WHERE vcs_provider_id = ? AND ${sameRepository} ORDER BY created_at, id`,
        providerId,
        repository,
      )
      .map(({ id }) => id)
  }
}

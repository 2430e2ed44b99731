import type { Database } from './database.ts'

/** A policy group that applies to a run: its present bundle and its enabled policies. */
export interface CheckGroup {
  readonly id: string
  readonly name: string
  readonly opaVersion: string | null
  readonly bundleId: string
  readonly bytes: number
  readonly digest: string
  readonly commonFunctions: string | null
  readonly policies: readonly {
    readonly id: string
    readonly name: string
    readonly level: string
    readonly path: string
  }[]
}

export interface PolicyCheckRow {
  readonly phase_id: string
  readonly run_id: string
  readonly status: string
  readonly groups_json: string
  readonly run_facts_json: string
  readonly result_json: string | null
  readonly error_message: string | null
}

export interface NewPolicyBundle {
  readonly id: string
  readonly groupId: string
  readonly bytes: number
  readonly digest: string
  readonly commonFunctions: string | null
  readonly policies: readonly {
    readonly id: string
    readonly name: string
    readonly enabled: boolean
    readonly level: string
    readonly path: string
  }[]
}

interface GroupRow {
  readonly id: string
  readonly name: string
  readonly opa_version: string | null
  readonly bundle_id: string
  readonly bytes: number
  readonly digest: string
  readonly common_functions: string | null
  readonly policies_json: string
}

export class PoliciesRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Groups with something to say about runs of the environment, by name. */
  groupsOf(environmentId: string): readonly CheckGroup[] {
    const rows = this.#db.all<GroupRow>(
      `SELECT g.id, g.name, g.opa_version, b.id AS bundle_id, b.bytes, b.digest, b.common_functions,
         (SELECT json_group_array(json_object('id', p.id, 'name', p.name, 'level', p.enforced_level,
            'path', p.path) ORDER BY p.name)
          FROM policies p WHERE p.policy_group_id = g.id AND p.enabled = 1) AS policies_json
       FROM policy_groups g
       JOIN policy_bundles b ON b.policy_group_id = g.id AND b.replaced_at IS NULL
       JOIN environments e ON e.account_id = g.account_id AND e.id = ?
       WHERE g.is_enforced = 1 OR EXISTS (SELECT 1 FROM policy_group_environments l
         WHERE l.policy_group_id = g.id AND l.environment_id = e.id)
       ORDER BY g.name`,
      environmentId,
    )
    return rows
      .map((row) => ({
        id: row.id,
        name: row.name,
        opaVersion: row.opa_version,
        bundleId: row.bundle_id,
        bytes: row.bytes,
        digest: row.digest,
        commonFunctions: row.common_functions,
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by the query above
        policies: JSON.parse(row.policies_json) as CheckGroup['policies'],
      }))
      .filter(({ policies }) => policies.length > 0)
  }

  /**
   * Makes an uploaded bundle the group's present one, with the policies that it declares. A policy keeps
   * its id by its name. Inside a transaction.
   */
  replaceBundle(bundle: NewPolicyBundle, at: string): void {
    const { groupId } = bundle
    this.retireBundle(groupId, at)
    this.#db.run(
      `INSERT INTO policy_bundles (id, policy_group_id, bytes, digest, common_functions, uploaded_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      bundle.id,
      groupId,
      bundle.bytes,
      bundle.digest,
      bundle.commonFunctions,
      at,
    )
    const before = new Map(
      this.#db
        .all<{ id: string; name: string }>(
          'SELECT id, name FROM policies WHERE policy_group_id = ?',
          groupId,
        )
        .map(({ id, name }) => [name, id]),
    )
    this.#db.run('DELETE FROM policies WHERE policy_group_id = ?', groupId)
    for (const policy of bundle.policies) {
      this.#db.run(
        `INSERT INTO policies (id, policy_group_id, name, enabled, enforced_level, path)
         VALUES (?, ?, ?, ?, ?, ?)`,
        before.get(policy.name) ?? policy.id,
        groupId,
        policy.name,
        policy.enabled,
        policy.level,
        policy.path,
      )
    }
    this.#db.run(
      "UPDATE policy_groups SET status = 'active', error_message = NULL WHERE id = ?",
      groupId,
    )
  }

  /** For a group that gets another bundle, or is deleted. */
  retireBundle(groupId: string, at: string): void {
    this.#db.run(
      'UPDATE policy_bundles SET replaced_at = ? WHERE policy_group_id = ? AND replaced_at IS NULL',
      at,
      groupId,
    )
  }

  /** Forgets bundles that were replaced and that no check which may still run names. @returns their ids */
  forgetReplaced(unfinishedStatuses: readonly string[]): readonly string[] {
    return this.#db
      .all<{ id: string }>(
        `DELETE FROM policy_bundles WHERE replaced_at IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM policy_checks c JOIN phases p ON p.id = c.phase_id JOIN runs r ON r.id = p.run_id
           WHERE r.status IN (SELECT value FROM json_each(?)) AND instr(c.groups_json, policy_bundles.id) > 0)
         RETURNING id`,
        JSON.stringify(unfinishedStatuses),
      )
      .map(({ id }) => id)
  }

  addCheck(check: {
    readonly phaseId: string
    readonly groups: readonly CheckGroup[]
    readonly runFacts: unknown
  }): void {
    this.#db.run(
      'INSERT INTO policy_checks (phase_id, groups_json, run_facts_json) VALUES (?, ?, ?)',
      check.phaseId,
      JSON.stringify(check.groups),
      JSON.stringify(check.runFacts),
    )
  }

  check(phaseId: string): PolicyCheckRow | undefined {
    return this.#db.get<PolicyCheckRow>(
      `SELECT c.phase_id, p.run_id, p.status, c.groups_json, c.run_facts_json, c.result_json, c.error_message
       FROM policy_checks c JOIN phases p ON p.id = c.phase_id WHERE c.phase_id = ?`,
      phaseId,
    )
  }

  setResult(
    phaseId: string,
    said: { readonly resultJson: string | null; readonly errorMessage: string | null },
  ): void {
    this.#db.run(
      'UPDATE policy_checks SET result_json = ?, error_message = ? WHERE phase_id = ?',
      said.resultJson,
      said.errorMessage,
      phaseId,
    )
  }

  setOverride(
    phaseId: string,
    override: { readonly by: string | null; readonly comment: string | null },
  ): void {
    this.#db.run(
      'UPDATE policy_checks SET overridden_by = ?, override_comment = ? WHERE phase_id = ?',
      override.by,
      override.comment,
      phaseId,
    )
  }
}

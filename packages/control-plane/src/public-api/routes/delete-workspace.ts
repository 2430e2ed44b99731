import { dataFiles } from '../../store/index.ts'
import { conflict, flagOf, textOf, type Row } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'
import { unfinishedRunStatusesSql } from '../resources/index.ts'

/** Removes a workspace with all that is its own. @throws {@link PublicApiError} 409 */
export async function deleteWorkspace(api: PublicApi, workspace: Row): Promise<void> {
  const { db, files } = api
  const id = textOf(workspace, 'id')
  const ids = (sql: string): string[] => db.all<{ id: string }>(sql, id).map((row) => row.id)
  const owned = db.transaction(() => {
    if (flagOf(workspace, 'deletion_protection') && flagOf(workspace, 'has_resources')) {
      throw conflict(
        "Workspace can't be deleted because it has managed resources and deletion protection is enabled.",
      )
    }
    const active = db.get(
      `SELECT 1 FROM runs WHERE workspace_id = ? AND status IN ${unfinishedRunStatusesSql} LIMIT 1`,
      id,
    )
    if (active !== undefined) {
      throw conflict("Workspace can't be deleted because it has runs that have not ended.")
    }
    const found = {
      configurations: ids('SELECT id FROM configuration_versions WHERE workspace_id = ?'),
      phases: ids(
        'SELECT p.id FROM phases p JOIN runs r ON r.id = p.run_id WHERE r.workspace_id = ?',
      ),
      states: ids('SELECT id FROM state_versions WHERE workspace_id = ?'),
    }
    db.run('DELETE FROM workspaces WHERE id = ?', id)
    return found
  })
  // The rows are gone, so a crash from here on leaves only files that nothing points to.
  for (const one of owned.configurations) await files.remove(dataFiles.configuration(one))
  for (const one of owned.states) await files.remove(dataFiles.state(one))
  for (const one of owned.phases) {
    await files.remove(dataFiles.log(one))
    await files.remove(dataFiles.planJson(one))
    await files.removeJobFiles(one)
  }
}

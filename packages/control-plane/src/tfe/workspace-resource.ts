import { flagOf, jsonOf, nullableTextOf, textOf, type Row } from '../public-api/index.ts'

import { toOne, type TfeResource } from './send-data.ts'

/** Whoever may see a workspace here may do all of it, but for a run. */
const everyPermission = {
  'can-destroy': true,
  'can-force-unlock': true,
  'can-lock': true,
  'can-queue-apply': true,
  'can-queue-destroy': true,
  'can-queue-run': true,
  'can-read-settings': true,
  'can-read-state-versions': true,
  'can-read-variable': true,
  'can-unlock': true,
  'can-update': true,
  'can-update-variable': true,
} as const

const ownPermissions = {
  'can-lock': true,
  'can-read-settings': true,
  'can-read-state-versions': true,
  'can-unlock': true,
} as const

/** A workspace as Terraform's `remote` backend reads it. */
export function workspaceResource(
  row: Row,
  options: { readonly isRun: boolean; readonly currentRunId: string | null },
): TfeResource {
  const isRemote = textOf(row, 'execution_mode') === 'remote'
  return {
    type: 'workspaces',
    id: textOf(row, 'id'),
    attributes: {
      name: textOf(row, 'name'),
      actions: { 'is-destroyable': true },
      'allow-destroy-plan': true,
      'auto-apply': flagOf(row, 'auto_apply'),
      'can-queue-destroy-plan': isRemote,
      'created-at': textOf(row, 'created_at'),
      'updated-at': nullableTextOf(row, 'updated_at') ?? textOf(row, 'created_at'),
      description: null,
      environment: 'default',
      'execution-mode': textOf(row, 'execution_mode'),
      'file-triggers-enabled': false,
      'global-remote-state': false,
      locked: isLocked(row),
      operations: isRemote,
      permissions: options.isRun ? ownPermissions : everyPermission,
      'queue-all-runs': false,
      'speculative-enabled': true,
      'structured-run-output-enabled': false,
      // What has no version takes that of the agent; to clients that is no version to compare with theirs.
      'terraform-version': nullableTextOf(row, 'iac_version') ?? 'latest',
      'trigger-prefixes': [],
      'vcs-repo': vcsRepo(row),
      'working-directory': nullableTextOf(row, 'working_directory'),
    },
    relationships: {
      organization: toOne('organizations', textOf(row, 'environment_id')),
      'current-run': toOne('runs', options.currentRunId),
    },
  }
}

/** Whether somebody else's word is needed before anything may work on it. */
function isLocked(row: Row): boolean {
  return flagOf(row, 'locked') || nullableTextOf(row, 'state_lock_id') !== null
}

function vcsRepo(row: Row): Readonly<Record<string, unknown>> | null {
  const repo = jsonOf(row, 'vcs_repo_json')
  if (typeof repo !== 'object' || repo === null || !('identifier' in repo)) return null
  const branch = 'branch' in repo ? repo.branch : null
  return { identifier: repo.identifier, 'display-identifier': repo.identifier, branch }
}

import {
  asRunStatus,
  hasJob,
  isConfirmable,
  isDiscardable,
  type RunStatus,
} from '../engine/index.ts'
import { flagOf, idsOf, jsonOf, nullableTextOf, textOf, type Row } from '../public-api/index.ts'

import { toMany, toOne, type TfeResource } from './send-data.ts'

/**
 * A run that waits for an agent is told as one that has not begun: the client then says so now and again,
 * where it would otherwise wait for the first line of a log without a word.
 */
function shownStatus(status: RunStatus): string {
  if (status === 'plan_queued') return 'pending'
  return status === 'apply_queued' ? 'confirmed' : status
}

/** A run as Terraform's `remote` backend reads it. */
export function runResource(row: Row, position: number): TfeResource {
  const status = asRunStatus(textOf(row, 'status'))
  const isAtWork = hasJob(status)
  return {
    type: 'runs',
    id: textOf(row, 'id'),
    attributes: {
      status: shownStatus(status),
      actions: {
        'is-cancelable': status === 'pending' || isAtWork,
        'is-confirmable': isConfirmable(status),
        'is-discardable': isDiscardable(status),
        'is-force-cancelable': isAtWork && nullableTextOf(row, 'cancel_requested') === 'soft',
      },
      permissions: {
        'can-apply': true,
        'can-cancel': true,
        'can-discard': true,
        'can-force-cancel': true,
        'can-force-execute': false,
      },
      'auto-apply': flagOf(row, 'auto_apply'),
      'created-at': textOf(row, 'created_at'),
      'has-changes': flagOf(row, 'has_changes'),
      'is-destroy': flagOf(row, 'is_destroy'),
      message: nullableTextOf(row, 'message'),
      'plan-only': flagOf(row, 'is_dry'),
      'position-in-queue': position,
      refresh: flagOf(row, 'refresh'),
      'refresh-only': flagOf(row, 'refresh_only'),
      'replace-addrs': jsonOf(row, 'replace_addrs_json'),
      'save-plan': flagOf(row, 'save_plan'),
      source: 'tfe-api',
      'status-timestamps': jsonOf(row, 'status_timestamps_json'),
      'target-addrs': jsonOf(row, 'target_addrs_json'),
    },
    relationships: {
      plan: toOne('plans', nullableTextOf(row, 'plan_id')),
      apply: toOne('applies', nullableTextOf(row, 'apply_id')),
      'configuration-version': toOne(
        'configuration-versions',
        textOf(row, 'configuration_version_id'),
      ),
      workspace: toOne('workspaces', textOf(row, 'workspace_id')),
      'policy-checks': toMany('policy-checks', idsOf(row, 'policy_check_ids')),
      'cost-estimate': toOne('cost-estimates', null),
      'task-stages': toMany('task-stages', []),
    },
  }
}

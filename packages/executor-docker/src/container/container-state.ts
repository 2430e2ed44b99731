import type { Outcome } from '@scalr-agent/core'
import { exitRecordOf, marks } from '@scalr-agent/core/container'
import type { ContainerInspectInfo } from 'dockerode'

import type { EngineClient } from '../calls/engine-client.ts'
import { fromLabels, type LabelRecord } from './labels.ts'
import { containerName } from './container-spec.ts'
import { outcomeOf } from './outcome.ts'
import { readMarks } from './read-marks.ts'

interface Known {
  readonly containerId: string
  readonly record: LabelRecord
}

/** What the engine knows of a workload now. */
export type ContainerState =
  | { readonly phase: 'absent' }
  /** A container of that name which is none of ours. */
  | { readonly phase: 'stranger'; readonly containerId: string }
  | (Known & { readonly phase: 'starting'; readonly createdAt: Date })
  | (Known & { readonly phase: 'running' })
  | (Known & {
      readonly phase: 'ended'
      readonly outcome: Outcome
      /** By the exit record; absent without one. */
      readonly outputBytes: number | undefined
      readonly wasStarted: boolean
    })

/** Reads the state of the workload of that id. Keeps nothing: any process sees the same. */
export async function readState(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<ContainerState> {
  const info = await client.inspect(containerName(id), signal)
  if (info === undefined) return { phase: 'absent' }
  return await stateOf(client, info, id, signal)
}

async function stateOf(
  client: EngineClient,
  info: ContainerInspectInfo,
  id: string,
  signal: AbortSignal,
): Promise<ContainerState> {
  const record = fromLabels(info.Config.Labels)
  if (record === undefined || record.id !== id) return { phase: 'stranger', containerId: info.Id }
  const known: Known = { containerId: info.Id, record }
  const { Status: status, ExitCode: exitCode, OOMKilled: oomKilled, Error: error } = info.State
  if (!['created', 'exited', 'dead'].includes(status)) return { ...known, phase: 'running' }
  const found = await readMarks(client, info.Id, signal)
  // Removed since we looked: nothing is known of it, not even that it never ran.
  if (found.size === 0 && (await client.inspect(info.Id, signal)) === undefined) {
    return { phase: 'absent' }
  }
  if (status === 'created' && error === '' && !found.has(marks.notStarted)) {
    return { ...known, phase: 'starting', createdAt: new Date(info.Created) }
  }
  const wasStarted = found.has(marks.main)
  // The engine's log holds what went wrong before our own files were written to.
  const said = wasStarted || error !== '' ? error : await client.logs(info.Id, signal)
  return {
    ...known,
    phase: 'ended',
    outcome: outcomeOf(found, { exitCode, oomKilled, error: said }, record),
    outputBytes: exitRecordOf(found)?.outputBytes,
    wasStarted,
  }
}

import { open } from 'node:fs/promises'
import { join } from 'node:path'

import type { ControlPlaneJob } from '../control-plane/index.ts'
import { ApiError, ExecutorError, ProtocolError, ScalrAgentError } from '../errors/index.ts'
import type { Workload } from '../executor/index.ts'
import { jobFileNames, type FinishJobRequest } from '../protocol/index.ts'
import { collectResults, type CollectedFile } from './collect-results.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobServices } from './job-services.ts'
import type { JobVerdict } from './judge-job.ts'
import { isLeaseLost } from './lease-lost.ts'
import { rescueState } from './rescue-state.ts'

interface FilesOptions {
  readonly workload: Workload | undefined
  readonly journal: JobJournal
  readonly services: JobServices
}

export interface HandOverOptions extends FilesOptions {
  readonly job: ControlPlaneJob
  readonly verdict: JobVerdict
  readonly signal: AbortSignal
}

/** What became of the result files. */
export interface HandedOver {
  readonly uploaded: FinishJobRequest['files']
  /** As they lie on disk, uploaded or not. */
  readonly files: readonly CollectedFile[]
  /** Why some are missing at the control plane for good. */
  readonly obstacle?: ScalrAgentError
}

/** Brings the files that are wanted out of the workload and to the control plane. */
export async function handOverFiles(options: HandOverOptions): Promise<HandedOver> {
  const { job, verdict, signal } = options
  const collected = await collect(options)
  if (ScalrAgentError.isInstance(collected)) return { uploaded: [], files: [], obstacle: collected }
  const files = collected.filter((file) => isWanted(file, verdict))
  const obstacles: ScalrAgentError[] = []
  const uploaded = await Promise.all(
    files.map(async (file) => {
      const { name, bytes, digest } = file
      try {
        await job.upload(name, file, { signal })
        return [{ name, bytes, digest }]
      } catch (error) {
        // Too large, say: it would be refused again, so the report goes out without it.
        if (!(error instanceof ApiError) || error.retryable || isLeaseLost(error)) throw error
        if (isRescuedState(name)) await rescue(file, error.message, options)
        obstacles.push(error)
        return []
      }
    }),
  )
  const [obstacle] = obstacles
  return { uploaded: uploaded.flat(), files, ...(obstacle === undefined ? {} : { obstacle }) }
}

/** For a job that may not be reported any more: whatever state it rescued stays on this machine (I9). */
export async function keepRescuedState(options: FilesOptions): Promise<void> {
  const files = await collect(options)
  if (ScalrAgentError.isInstance(files)) return
  for (const file of files) {
    if (isRescuedState(file.name)) {
      await rescue(file, 'The lease of the job was lost.', options)
    }
  }
}

/** Whether a result file holds state that the tool could not write (I9). */
export function isRescuedState(name: string): boolean {
  return name === jobFileNames.erroredState || name === jobFileNames.erroredStates
}

/** Which state it is, by what people compare: its serial and lineage. */
export async function describeState(path: string): Promise<string> {
  if (path.endsWith('.tar.gz')) return 'an archive with the states of units'
  // They stand at the beginning; what follows may be large.
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0)
  const head = buffer.toString('utf8', 0, bytesRead)
  const serial = /"serial":\s*(?<value>\d+)/u.exec(head)?.groups?.['value']
  const lineage = /"lineage":\s*"(?<value>[^"]+)"/u.exec(head)?.groups?.['value']
  return `serial ${serial ?? 'unknown'}, lineage ${lineage ?? 'unknown'}`
}

/** The result files, or why there is no way to them. @throws what may be better another time. */
async function collect(options: FilesOptions): Promise<readonly CollectedFile[] | ScalrAgentError> {
  const { workload, journal, services } = options
  if (workload === undefined || journal.record.outcome?.kind === 'not-started') return []
  try {
    return await collectResults(
      workload,
      journal.record.resultFiles,
      join(journal.directory, 'results'),
    )
  } catch (error) {
    // What the units of Terragrunt left is no plan, and will not become one.
    if (error instanceof ProtocolError) return error
    // A workload that is lost has no files to give; its report must go out all the same.
    const lost = journal.record.outcome?.kind === 'lost'
    if (!lost && (!(error instanceof ExecutorError) || error.retryable)) throw error
    services.logger.warn({ err: error, workloadId: workload.id }, 'The workload gives no files')
    return error instanceof ExecutorError ? error : []
  }
}

async function rescue(
  file: CollectedFile,
  why: string,
  { journal, services }: Pick<FilesOptions, 'journal' | 'services'>,
): Promise<void> {
  const { record } = journal
  const path = await rescueState(file, { ...services.settings, ...record })
  const state = await describeState(path)
  // Before it is told, so that it is told in the same words after a crash.
  await journal.update({ rescued: { path, reason: `${why} (${state})` } })
  services.logger.error(
    { jobId: record.jobId, runId: record.runId, workspaceId: record.workspaceId, path, state, why },
    'The control plane did not take the rescued state. It is kept here; push it with `terraform state push` after checking it',
  )
}

/** A plan is only worth keeping when it succeeded; a rescued state always is. */
function isWanted(file: CollectedFile, verdict: JobVerdict): boolean {
  return verdict.result === 'succeeded' || isRescuedState(file.name)
}

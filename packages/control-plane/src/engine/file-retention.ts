import { jobFileNames } from '@scalr-agent/core/protocol'

import { dataFiles } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { asRunStatus, isTerminalRun, runStatuses } from './run-status.ts'

/**
 * A state without a row was staged by a process that died before the commit, or belongs to a newer
 * database than the one that somebody restored. This long there is time to notice the latter.
 */
const orphanedStateMs = 7 * 24 * 3_600_000

/** A job that is being started may still read an archive that was just replaced. */
const replacedArchiveMs = 3_600_000

/** Removes files that nobody needs any more. What a run's record shows is never among them. */
export class FileRetention {
  readonly #context: EngineContext
  #removals: Promise<void> = Promise.resolve()

  constructor(context: EngineContext) {
    this.#context = context
  }

  /**
   * The result files of a run that has ended are for nobody; of one that goes on they stay. A rescued
   * state that is not the current one is evidence, and stays as well (I9).
   */
  review(runId: string): void {
    const run = this.#context.runs.get(runId)
    if (run === undefined || !isTerminalRun(asRunStatus(run.status))) return
    this.#removals = this.#removals.then(() => this.#removeResults(runId))
    this.reviewPolicyBundles()
  }

  /** Once everything is removed that was to be. */
  async settled(): Promise<void> {
    await this.#removals
  }

  /** Archives of hooks that no job can need any more: replaced an hour ago, and no started job has them. */
  reviewHookArchives(): void {
    const { hooks, files, at, logger } = this.#context
    const ids = hooks.forgetReplaced(at(-replacedArchiveMs))
    if (ids.length === 0) return
    this.#removals = this.#removals.then(async () => {
      try {
        for (const id of ids) await files.remove(dataFiles.hookArchive(id))
      } catch (error) {
        logger.error({ err: error }, 'Archives of hooks were not removed; a start will')
      }
    })
  }

  /** Bundles of policy groups that were replaced and that no check needs which may still run. */
  reviewPolicyBundles(): void {
    const { policies, files, logger } = this.#context
    const ids = policies.forgetReplaced(runStatuses.filter((status) => !isTerminalRun(status)))
    if (ids.length === 0) return
    this.#removals = this.#removals.then(async () => {
      try {
        for (const id of ids) await files.remove(dataFiles.policyBundle(id))
      } catch (error) {
        logger.error({ err: error }, 'Bundles of policy groups were not removed; a start will')
      }
    })
  }

  /** What a process left that died. Before anybody writes, since files come before their rows. */
  sweep(): void {
    const { db, files, clock, logger } = this.#context
    const phases = new Map(
      db
        .all<{ id: string; status: string }>(
          'SELECT phases.id, runs.status FROM phases JOIN runs ON runs.id = phases.run_id',
        )
        .map(({ id, status }) => [id, asRunStatus(status)]),
    )
    const ids = (sql: string): ReadonlySet<string> =>
      new Set(db.all<{ id: string }>(sql).map(({ id }) => id))
    const uploaded = ids("SELECT id FROM configuration_versions WHERE status = 'uploaded'")
    const states = ids('SELECT id FROM state_versions')
    const hookArchives = ids('SELECT id FROM hook_archives')
    const modules = ids("SELECT id FROM module_versions WHERE status = 'ok'")
    const policyBundles = ids('SELECT id FROM policy_bundles')
    const olderThan = new Date(clock.now().getTime() - orphanedStateMs)
    const removed = [
      ...files.sweep('configuration-versions', named('.tar.gz', uploaded)),
      ...files.sweep('states', named('.tfstate', states), { olderThan }),
      ...files.sweep('hook-archives', named('.tar.gz', hookArchives)),
      ...files.sweep('module-versions', named('.tar.gz', modules)),
      ...files.sweep('policy-bundles', named('.tar.gz', policyBundles)),
      ...files.sweep('logs', named('.log', phases)),
      ...files.sweep('plans', named('.json', phases)),
      ...files.sweep('job-files', (phaseId) => phases.has(phaseId)),
    ]
    for (const phaseId of files.names('job-files')) {
      const status = phases.get(phaseId)
      if (status === undefined || !isTerminalRun(status)) continue
      removed.push(...files.sweep(`job-files/${phaseId}`, isEvidence))
    }
    if (removed.length > 0) logger.info({ removed }, 'Files that nothing needs were removed')
  }

  async #removeResults(runId: string): Promise<void> {
    const { db, files, logger } = this.#context
    try {
      for (const { id } of db.all<{ id: string }>(
        'SELECT id FROM phases WHERE run_id = ?',
        runId,
      )) {
        await files.removeJobFiles(id, { keeps: isEvidence })
      }
    } catch (error) {
      logger.error(
        { err: error, runId },
        'Files of a run that ended were not removed; a start will',
      )
    }
  }
}

/** By the name that `resultFile` gives. */
function isEvidence(name: string): boolean {
  const { erroredState, erroredStates } = jobFileNames
  return name.endsWith(`-${erroredState}`) || name.endsWith(`-${erroredStates}`)
}

/** Files of those ids. What has another suffix is not ours to remove. */
function named(suffix: string, ids: { has(id: string): boolean }): (name: string) => boolean {
  return (name) => !name.endsWith(suffix) || ids.has(name.slice(0, -suffix.length))
}

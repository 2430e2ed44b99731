import type { CommitStatusRow } from '../../store/index.ts'
import { createForgeClient, ForgeError } from '../forge/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { vcsDelayMs } from './vcs-delay.ts'
import { statusOfRun } from './status-of-run.ts'

const maxAttempts = 200

/**
 * Tells VCSs how runs at their commits go. What is to be told is read when it is sent, so that it is never
 * out of date, and is due until the VCS has taken it. Runs wait for none of it.
 */
export class StatusSender {
  readonly #context: VcsContext
  readonly #active = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()

  constructor(context: VcsContext) {
    this.#context = context
  }

  /** Begins what is due: one after the other at each VCS, so that a later status is the last one. */
  pass(): void {
    if (this.#closing.signal.aborted) return
    const { statuses, at } = this.#context
    const due = Map.groupBy(statuses.due(at()), (row) => row.vcs_provider_id)
    for (const [providerId, rows] of due) {
      if (this.#active.has(providerId)) continue
      const sending = this.#sendAll(providerId, rows).finally(() => {
        this.#active.delete(providerId)
      })
      this.#active.set(providerId, sending)
      sending.catch((error: unknown) =>
        this.#context.logger.error({ providerId, err: error }, 'Statuses of commits were not sent'),
      )
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The control plane is stopping.'))
    await Promise.allSettled(this.#active.values())
  }

  async #sendAll(providerId: string, rows: readonly CommitStatusRow[]): Promise<void> {
    const { gateway, providers } = this.#context
    const provider = providers.get(providerId)
    if (provider === undefined) return
    const forge = createForgeClient(gateway, provider)
    for (const row of rows) {
      if (this.#closing.signal.aborted) return
      await this.#send(row, forge)
    }
  }

  async #send(row: CommitStatusRow, forge: ReturnType<typeof createForgeClient>): Promise<void> {
    const { statuses, publicUrl, timing, at, logger } = this.#context
    const { signal } = this.#closing
    const { state, description } = statusOfRun(row)
    const told = `${state}: ${description}`
    if (row.is_superseded === 1 || row.sent_state === told) {
      statuses.settle(row, row.sent_state ?? told, null)
      return
    }
    try {
      await forge.setStatus(
        row.repository,
        row.commit_sha,
        {
          state,
          description,
          context: row.context,
          url: `${publicUrl()}/api/iacp/v3/runs/${row.run_id}`,
        },
        { signal },
      )
      statuses.settle(row, told, null)
    } catch (error) {
      if (signal.aborted) return
      const reason = error instanceof Error ? error.message : String(error)
      const isFinal = error instanceof ForgeError && !error.isTransient
      logger.warn(
        { runId: row.run_id, commit: row.commit_sha, reason },
        isFinal ? 'A status of a commit was refused' : 'A status of a commit is sent again',
      )
      if (isFinal || row.attempts >= maxAttempts) statuses.giveUp(row, reason)
      else statuses.postpone(row, at(vcsDelayMs(timing, row.attempts, error)), reason)
    }
  }
}

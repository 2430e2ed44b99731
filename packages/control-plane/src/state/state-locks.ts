import type { Clock } from '../runtime/index.ts'
import { StateLocksRepository, type Database, type StateLockRow } from '../store/index.ts'

import { StateError } from './state-error.ts'

/** Who asks: a run by its token, or a person. */
export type StateCaller =
  | { readonly kind: 'run'; readonly runId: string; readonly isDry: boolean }
  | { readonly kind: 'user'; readonly userId: string }

/** Terraform's own lock on a state. */
export class StateLocks {
  readonly #db: Database
  readonly #clock: Clock
  readonly #locks: StateLocksRepository

  constructor(options: { readonly db: Database; readonly clock: Clock }) {
    this.#db = options.db
    this.#clock = options.clock
    this.#locks = new StateLocksRepository(options.db)
  }

  /** Taking a lock that one holds already changes nothing: Terraform repeats what got no answer. */
  lock(
    workspaceId: string,
    caller: StateCaller,
    lock: { readonly id: string; readonly info: string },
  ): void {
    // A dry run only reads: dry runs go side by side, and beside a run that holds the lock.
    if (caller.kind === 'run' && caller.isDry) return
    this.#db.transaction(() => {
      const held = this.#locks.get(workspaceId)
      if (held?.lock_id === lock.id) return
      if (held !== undefined) throw locked(held)
      this.#locks.insert({
        workspace_id: workspaceId,
        lock_id: lock.id,
        info_json: lock.info,
        run_id: caller.kind === 'run' ? caller.runId : null,
        created_at: this.#clock.now().toISOString(),
      })
    })
  }

  /**
   * Without a lock id it is `terraform force-unlock`, whose http backend sends none: a person may break any
   * lock, a run its own.
   *
   * @returns whether there was a lock.
   */
  unlock(workspaceId: string, caller: StateCaller, lockId: string | undefined): boolean {
    if (caller.kind === 'run' && caller.isDry) return false
    return this.#db.transaction(() => {
      const held = this.#locks.get(workspaceId)
      if (held === undefined) return false
      const isOwn = caller.kind === 'user' || held.run_id === caller.runId
      if (lockId === undefined ? !isOwn : held.lock_id !== lockId) {
        throw new StateError(
          409,
          `The state is locked with another id (${held.lock_id}). Nothing was unlocked.`,
          { lockInfo: held.info_json },
        )
      }
      this.#locks.remove(workspaceId)
      return true
    })
  }

  /**
   * Whether a write with that lock id may happen now.
   * @throws {@link StateError} 423 when another holds the lock, 409 when the writer's was broken
   */
  check(workspaceId: string, lockId: string | undefined): void {
    const held = this.#locks.get(workspaceId)
    if (held?.lock_id === lockId) return
    if (held !== undefined) throw locked(held)
    throw new StateError(
      409,
      `The lock ${lockId ?? ''} on the state was broken in the meantime, so another may have written. Nothing was changed.`,
    )
  }
}

function locked(held: StateLockRow): StateError {
  return new StateError(423, `The state is locked with id ${held.lock_id}.`, {
    lockInfo: held.info_json,
  })
}

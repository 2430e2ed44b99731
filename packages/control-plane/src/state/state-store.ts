import { createHash } from 'node:crypto'

import type { Clock, IdSource } from '../runtime/index.ts'
import {
  dataFiles,
  StateVersionsRepository,
  type Database,
  type FileStore,
  type StateVersionRow,
} from '../store/index.ts'
import { StateError } from './state-error.ts'
import { readStateFile, type StateSummary } from './state-file.ts'

/** A state that lies on the disk and waits to become the workspace's. */
export interface StagedState {
  readonly id: string
  readonly serial: number
  /**
   * Makes it the current one, in the caller's transaction if there is one. A state that is current
   * already is left alone, since a retry is no second write.
   * @throws {@link StateError} 409 when another came first that it does not follow
   */
  commit(): 'stored' | 'unchanged'
  /** Removes the file of one that did not become current. */
  discard(): Promise<void>
}

/** The states of workspaces: contents in files, what is known of them in the database. */
export class StateStore {
  readonly #db: Database
  readonly #files: FileStore
  readonly #clock: Clock
  readonly #ids: IdSource
  readonly #versions: StateVersionsRepository

  constructor(options: {
    readonly db: Database
    readonly files: FileStore
    readonly clock: Clock
    readonly ids: IdSource
  }) {
    this.#db = options.db
    this.#files = options.files
    this.#clock = options.clock
    this.#ids = options.ids
    this.#versions = new StateVersionsRepository(options.db)
  }

  current(workspaceId: string): StateVersionRow | undefined {
    return this.#versions.current(workspaceId)
  }

  /** Writes the file. @throws {@link StateError} when it is no state, or does not follow the current one */
  async stage(
    workspaceId: string,
    content: Uint8Array,
    options: {
      readonly runId: string | null
      readonly rescued?: boolean
      /** Takes it even if it does not follow the current one: a person said so. */
      readonly force?: boolean
    },
  ): Promise<StagedState> {
    const summary = readStateFile(content)
    const md5 = createHash('md5').update(content).digest('hex')
    const force = options.force === true
    this.#fits(workspaceId, summary, md5, force)
    const id = this.#ids('sv')
    const file = dataFiles.state(id)
    await this.#files.write(file, content)
    const row: StateVersionRow = {
      id,
      workspace_id: workspaceId,
      run_id: options.runId,
      serial: summary.serial,
      lineage: summary.lineage,
      md5,
      bytes: content.byteLength,
      outputs_json: JSON.stringify(summary.outputs),
      resources_json: JSON.stringify(summary.resources),
      rescued: options.rescued === true ? 1 : 0,
      created_at: this.#clock.now().toISOString(),
    }
    return {
      id,
      serial: summary.serial,
      commit: () =>
        this.#db.transaction(() => {
          if (this.#fits(workspaceId, summary, md5, force) === 'current') return 'unchanged'
          this.#versions.insert(row)
          return 'stored'
        }),
      discard: () => this.#files.remove(file),
    }
  }

  /** @throws {@link StateError} 409 */
  #fits(workspaceId: string, next: StateSummary, md5: string, force: boolean): 'current' | 'next' {
    const current = this.#versions.current(workspaceId)
    if (current === undefined) return 'next'
    if (current.md5 === md5) return 'current'
    if (force) return 'next'
    if (current.lineage !== null && current.lineage !== next.lineage) {
      throw new StateError(
        409,
        `The state has lineage ${next.lineage}, but the workspace's has ${current.lineage}: they are states of different things. Nothing was changed.`,
      )
    }
    if (next.serial <= current.serial) {
      throw new StateError(
        409,
        `The state has serial ${next.serial}, but the workspace's current one has ${current.serial}: somebody wrote in between. Nothing was changed.`,
      )
    }
    return 'next'
  }
}

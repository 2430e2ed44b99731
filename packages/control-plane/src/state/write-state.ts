import type { Database } from '../store/index.ts'

import type { StateStore } from './state-store.ts'

export interface StateWrite {
  readonly workspaceId: string
  readonly content: Uint8Array
  /** The run that writes; `null`: a person. */
  readonly runId: string | null
  /** Takes it even if it does not follow the current one: a person said so. */
  readonly force?: boolean
  /** Whether the writer may, now: refuses by throwing. Asked before the file is written, and with the commit. */
  readonly check: () => void
}

/**
 * Makes a state the workspace's current one, or leaves nothing of it. The same state again is no second write.
 *
 * @returns the id of the current state version
 * @throws {@link StateError} when the store refuses it
 */
export async function writeState(
  parts: { readonly db: Database; readonly states: StateStore },
  write: StateWrite,
): Promise<string> {
  const { db, states } = parts
  const { workspaceId, content, runId, force = false, check } = write
  check()
  const staged = await states.stage(workspaceId, content, { runId, force })
  try {
    const result = db.transaction(() => {
      check()
      return staged.commit()
    })
    if (result === 'stored') return staged.id
  } catch (error) {
    await staged.discard()
    throw error
  }
  await staged.discard()
  return states.current(workspaceId)?.id ?? staged.id
}

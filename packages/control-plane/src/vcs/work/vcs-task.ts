import type { VcsTaskRow } from '../../store/index.ts'
import type { ForgeClient } from '../forge/index.ts'

export interface TaskCall {
  readonly task: VcsTaskRow
  readonly forge: ForgeClient
  readonly signal: AbortSignal
}

/** How one kind of task is done. */
export interface TaskHandler {
  /**
   * Asks the forge, and says what is to be kept. The commit runs in one transaction with the end of the
   * task, so that a crash before it leaves the task, and one after it nothing to do twice.
   * @throws ForgeError, or {@link TaskRefusedError} for what no other try would change
   */
  run(call: TaskCall): Promise<() => void>
  /** It will not be tried again. In the transaction that ends the task. */
  failed(task: VcsTaskRow, reason: string): void
}

/** A task cannot be done, and trying again would change nothing. The message is for people. */
export class TaskRefusedError extends Error {
  override readonly name = 'TaskRefusedError'
}

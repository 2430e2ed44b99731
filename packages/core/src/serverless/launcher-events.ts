import type { Outcome } from '../executor/index.ts'

/** How a task ended: the kind of its agent's outcome, or `failed` where none started or nobody saw its end. */
export type TaskResult = Outcome['kind'] | 'failed'

/** What happens in a launcher, for logs, metrics and tests: plain data, never a secret. */
export interface LauncherEvents {
  /** A task is durable. */
  'task:accept': [{ readonly key: string; readonly action: string }]
  /** A webhook came whose task is known. */
  'task:duplicate': [{ readonly key: string }]
  /** There was no room, or the launcher drains. */
  'task:refuse': [{ readonly key: string }]
  /** A slot is there, and the executor is asked for an agent for the first time. */
  'task:begin': [{ readonly key: string; readonly queuedMs: number }]
  /** Its agent was started. */
  'task:launch': [{ readonly key: string; readonly attempt: number; readonly launchMs: number }]
  /** It has ended. `runMs` where its agent was started. */
  'task:end': [
    {
      readonly key: string
      readonly result: TaskResult
      readonly exitCode: number | undefined
      readonly runMs: number | undefined
    },
  ]
}

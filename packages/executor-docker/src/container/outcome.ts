import type { Outcome } from '@scalr-agent/core'
import {
  marks,
  notStartedOf,
  outcomeOfMarks,
  type EndLimits,
  type Marks,
} from '@scalr-agent/core/container'

/** What the engine says of a container that does not run. */
export interface EndedContainer {
  readonly exitCode: number
  readonly oomKilled: boolean
  /** The engine's own words about a start that failed. */
  readonly error: string
}

/**
 * How a workload ended, by what its own side wrote down first, by the engine second. Without an exit
 * record nothing ever ended well (I2).
 */
export function outcomeOf(found: Marks, ended: EndedContainer, limits: EndLimits): Outcome {
  const proven = outcomeOfMarks(found, limits)
  if (proven !== undefined) return proven
  if (!found.has(marks.main)) {
    const evidence = explainRefusal(ended)
    return notStartedOf(found) ?? { kind: 'not-started', cause: 'rejected', evidence }
  }
  if (found.has(marks.killed)) return { kind: 'signaled', signal: 'SIGKILL' }
  if (ended.oomKilled && limits.memoryBytes !== undefined) {
    return { kind: 'out-of-memory', limitBytes: limits.memoryBytes }
  }
  return {
    kind: 'lost',
    evidence:
      `Its container ended (exit code ${ended.exitCode}) without an exit record: it was killed from ` +
      `outside, or the machine or engine went down.${ended.error === '' ? '' : ` The engine says: ${ended.error}`}`,
  }
}

/** Why a container never got as far as its main process, in words that help. */
export function explainRefusal({ error, exitCode }: EndedContainer): string {
  const said = error === '' ? '' : ` The engine says: ${error.replace(/\.$/u, '')}.`
  if (/exec format error/iu.test(error)) {
    return `The image is made for another kind of processor than the engine's.${said}`
  }
  if (/\/bin\/sh"?:? .*(?:no such file|not found|permission denied)/isu.test(error)) {
    return (
      'The image has no /bin/sh that can run (or that lacks its loader); jobs need a POSIX shell with ' +
      `the usual small tools.${said}`
    )
  }
  return `The container ended (exit code ${exitCode}) before the main process started.${said}`
}

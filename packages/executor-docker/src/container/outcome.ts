import { constants } from 'node:os'

import type { MemoryEvidence, Outcome } from '@scalr-agent/core'
import { z } from 'zod'

import type { LabelRecord } from './labels.ts'
import { marks } from './layout.ts'
import { parseExitRecord, type ExitRecord, type Marks } from './read-marks.ts'

/** What the engine says of a container that does not run. */
export interface EndedContainer {
  readonly exitCode: number
  readonly oomKilled: boolean
  /** The engine's own words about a start that failed. */
  readonly error: string
}

const signalNames = new Map<number, string>()
for (const [name, number] of Object.entries(constants.signals)) {
  // Some signals have two names; the first is the common one.
  if (!signalNames.has(number)) signalNames.set(number, name)
}

const notStartedSchema = z.object({
  kind: z.literal('not-started'),
  cause: z.enum(['image-pull', 'unschedulable', 'start-timeout', 'rejected']),
  evidence: z.string(),
})

/**
 * How a workload ended, by what its own side wrote down first, by the engine second. Without an exit
 * record nothing ever ended well (I2).
 */
export function outcomeOf(
  found: Marks,
  ended: EndedContainer,
  record: Pick<LabelRecord, 'deadlineMs' | 'memoryBytes'>,
): Outcome {
  const exit = parseExitRecord(found)
  const killed = found.has(marks.killed)
  if (exit !== undefined) {
    if (found.has(marks.deadline) && exit.exitCode === 137 && record.deadlineMs !== undefined) {
      return { kind: 'deadline', deadlineMs: record.deadlineMs }
    }
    return outcomeOfExit(exit, record, killed)
  }
  if (!found.has(marks.main)) return neverStarted(found, ended)
  if (killed) return { kind: 'signaled', signal: 'SIGKILL' }
  if (ended.oomKilled && record.memoryBytes !== undefined) {
    return { kind: 'out-of-memory', limitBytes: record.memoryBytes }
  }
  return {
    kind: 'lost',
    evidence:
      `Its container ended (exit code ${ended.exitCode}) without an exit record: it was killed from ` +
      `outside, or the machine or engine went down.${ended.error === '' ? '' : ` The engine says: ${ended.error}`}`,
  }
}

function outcomeOfExit(
  exit: ExitRecord,
  record: Pick<LabelRecord, 'memoryBytes'>,
  killed: boolean,
): Outcome {
  const memory = memoryEvidence(exit, record.memoryBytes)
  if (exit.exitCode === 137 && memory !== undefined && !killed) {
    return { kind: 'out-of-memory', ...memory }
  }
  if (exit.exitCode > 128 && exit.exitCode < 160) {
    const number = exit.exitCode - 128
    return { kind: 'signaled', signal: signalNames.get(number) ?? `SIG${number}` }
  }
  return {
    kind: 'exited',
    exitCode: exit.exitCode,
    ...(memory === undefined ? {} : { memoryExceeded: memory }),
  }
}

function memoryEvidence(
  exit: ExitRecord,
  limitBytes: number | undefined,
): MemoryEvidence | undefined {
  if (exit.oomKills === 0 || limitBytes === undefined) return undefined
  return { limitBytes, ...(exit.peakBytes === undefined ? {} : { peakBytes: exit.peakBytes }) }
}

function neverStarted(found: Marks, ended: EndedContainer): Outcome {
  const text = found.get(marks.notStarted)
  if (text !== undefined) {
    const parsed = notStartedSchema.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
  }
  return { kind: 'not-started', cause: 'rejected', evidence: explainRefusal(ended) }
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

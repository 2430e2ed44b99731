import { constants } from 'node:os'

import { z } from 'zod'

import type { MemoryEvidence, NotStartedOutcome, Outcome } from '../executor/index.ts'
import { exitRecordOf, type ExitRecord, type Marks } from './exit-record.ts'
import { marks } from './layout.ts'

/** What of a spec explains an end. */
export interface EndLimits {
  readonly memoryBytes?: number | undefined
  readonly deadlineMs?: number | undefined
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
 * How a workload ended, by what its own side wrote down. `undefined` without an exit record: then nothing
 * ever ended well, whatever the engine says (I2).
 */
export function outcomeOfMarks(found: Marks, limits: EndLimits): Outcome | undefined {
  const exit = exitRecordOf(found)
  if (exit === undefined) return undefined
  const { deadlineMs } = limits
  if (found.has(marks.deadline) && exit.exitCode === 137 && deadlineMs !== undefined) {
    return { kind: 'deadline', deadlineMs }
  }
  return outcomeOfExit(exit, limits, found.has(marks.killed))
}

/** What an exit record proves. `killed` tells that we sent SIGKILL ourselves, so memory was not it. */
export function outcomeOfExit(
  exit: Pick<ExitRecord, 'exitCode' | 'oomKills' | 'peakBytes'>,
  { memoryBytes }: EndLimits,
  killed: boolean,
): Outcome {
  const memory = memoryEvidence(exit, memoryBytes)
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

/** The outcome that was laid in to forbid a start, where there is one. */
export function notStartedOf(found: Marks): NotStartedOutcome | undefined {
  const text = found.get(marks.notStarted)
  if (text === undefined) return undefined
  const parsed = notStartedSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : undefined
}

function memoryEvidence(
  exit: Pick<ExitRecord, 'oomKills' | 'peakBytes'>,
  limitBytes: number | undefined,
): MemoryEvidence | undefined {
  if (exit.oomKills === 0 || limitBytes === undefined) return undefined
  return { limitBytes, ...(exit.peakBytes === undefined ? {} : { peakBytes: exit.peakBytes }) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

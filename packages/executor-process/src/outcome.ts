import { constants } from 'node:os'

import type { MemoryEvidence, Outcome } from '@scalr-agent/core'

import type { ExitRecord, WorkloadRecord } from './records.ts'

const signalNames = new Map<number, string>()
for (const [name, number] of Object.entries(constants.signals)) {
  // Some signals have two names; the first is the common one.
  if (!signalNames.has(number)) signalNames.set(number, name)
}

/** What an exit record proves. `killed` tells that we sent SIGKILL ourselves, so memory was not it. */
export function outcomeOf(exit: ExitRecord, record: WorkloadRecord, killed: boolean): Outcome {
  const memory = memoryEvidence(exit, record)
  if (exit.exitCode === 137 && memory !== undefined && !killed) {
    return { kind: 'out-of-memory', ...memory }
  }
  if (exit.exitCode > 128 && exit.exitCode < 160) {
    return { kind: 'signaled', signal: signalName(exit.exitCode - 128) }
  }
  return {
    kind: 'exited',
    exitCode: exit.exitCode,
    ...(memory === undefined ? {} : { memoryExceeded: memory }),
  }
}

function memoryEvidence(exit: ExitRecord, record: WorkloadRecord): MemoryEvidence | undefined {
  if (exit.oomKills === 0 || record.memoryBytes === undefined) return undefined
  return {
    limitBytes: record.memoryBytes,
    ...(exit.peakBytes === undefined ? {} : { peakBytes: exit.peakBytes }),
  }
}

function signalName(number: number): string {
  return signalNames.get(number) ?? `SIG${number}`
}

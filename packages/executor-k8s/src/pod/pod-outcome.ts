import type { V1Pod } from '@kubernetes/client-node'
import type { Outcome } from '@scalr-agent/core'
import { exitRecordOf, outcomeOfMarks, parseTerminationMessage } from '@scalr-agent/core/container'

import { notStartedExitCode } from '../manifest/own-names.ts'
import { containerStatus, evictionOf, isOver, sentence } from './pod-facts.ts'
import type { WorkloadRecord } from './record.ts'

/** How a workload ended, and how long its output is, where its own side told. */
export interface PodEnd {
  readonly outcome: Outcome
  readonly outputBytes: number | undefined
}

/**
 * How the pod that was started ended, or `undefined` while it may still run. The exit record comes first, held
 * against the exit code that the kubelet saw; without one nothing ever ended well (I2).
 */
export function podEnd(pod: V1Pod, record: WorkloadRecord, isKilled: boolean): PodEnd | undefined {
  const terminated = containerStatus(pod, 'main')?.state?.terminated
  if (terminated === undefined) {
    if (!isOver(pod)) return undefined
    return withoutRecord(pod, isKilled, 'Its pod ended before its container told how')
  }
  const { exitCode, message = '', reason = '' } = terminated
  const found = parseTerminationMessage(message)
  const exit = exitRecordOf(found)
  if (exit !== undefined && exit.exitCode === exitCode) {
    const eviction = evictionOf(pod)
    // It was asked to stop by whoever moved it away: its exit code says so little of it.
    if (eviction !== undefined && exitCode !== 0 && !isKilled) {
      return {
        outcome: evicted(eviction, `it ended with ${exitCode}`),
        outputBytes: exit.outputBytes,
      }
    }
    const outcome = outcomeOfMarks(isKilled ? new Map([...found, ['killed', '']]) : found, record)
    if (outcome !== undefined) return { outcome, outputBytes: exit.outputBytes }
  }
  if (
    exit === undefined &&
    exitCode === notStartedExitCode &&
    /^(?:late|refused)?$/u.test(message.trim())
  ) {
    return {
      outcome: {
        kind: 'not-started',
        cause: 'start-timeout',
        evidence: `Its files were not there within ${record.startTimeoutMs} ms (startTimeoutMs).`,
      },
      outputBytes: 0,
    }
  }
  if (reason === 'StartError' || reason === 'ContainerCannotRun') {
    return {
      outcome: {
        kind: 'not-started',
        cause: 'rejected',
        evidence: `${sentence([reason, message])}.`,
      },
      outputBytes: 0,
    }
  }
  if (!isKilled && reason === 'OOMKilled' && exitCode === 137 && record.memoryBytes !== undefined) {
    return {
      outcome: { kind: 'out-of-memory', limitBytes: record.memoryBytes },
      outputBytes: undefined,
    }
  }
  return withoutRecord(
    pod,
    isKilled,
    `Its container ended (exit code ${exitCode}${reason === '' ? '' : `, ${reason}`}) without an exit record that can be believed`,
  )
}

/** Reasons of events and conditions that say who took a pod away. */
const evictionReasons =
  /\b(?:Evicted|Preempted|Preempting|TaintManagerEviction|EvictionByEvictionAPI|DeletionByTaintManager|DeletionByPodGC|NodeNotReady|NodeLost)\b/u

/** What is known of a pod that is gone. */
export function goneOutcome(isKilled: boolean, evidence: string): Outcome {
  if (isKilled) return { kind: 'signaled', signal: 'SIGKILL' }
  const why = evictionReasons.test(evidence)
  return why
    ? evicted(evidence, 'its pod is gone')
    : { kind: 'lost', evidence: `Its pod is gone, and nobody saw its end.${spaced(evidence)}` }
}

function withoutRecord(pod: V1Pod, isKilled: boolean, what: string): PodEnd {
  const eviction = evictionOf(pod)
  const outcome: Outcome = isKilled
    ? { kind: 'signaled', signal: 'SIGKILL' }
    : eviction === undefined
      ? {
          kind: 'lost',
          evidence: `${what}.${spaced(sentence([pod.status?.reason, pod.status?.message]))}`,
        }
      : evicted(eviction, what)
  return { outcome, outputBytes: undefined }
}

function evicted(why: string, what: string): Outcome {
  return { kind: 'evicted', evidence: `The pod was taken away (${why}); ${what}.` }
}

function spaced(text: string): string {
  return text === '' ? '' : ` ${text}.`
}

import { followCommand } from '@scalr-agent/core/container'

import { execText } from '../calls/exec-text.ts'
import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isAway, isNotFound, kubernetesError } from '../kubernetes-error.ts'
import { containerNames } from '../manifest/own-names.ts'
import { isRunning } from '../pod/pod-facts.ts'
import { outputSizeCommand, readOutputCommand } from '../pod/read-commands.ts'
import { readState, type WorkloadState } from '../pod/workload-state.ts'
import { unrecordedEnd } from './unrecorded-end.ts'

/** How long to wait before following again, from the second stream on that brought nothing. */
const firstPauseMs = 50
const longestPauseMs = 2000

/**
 * The output of a workload from a byte on, by a process in the companion. The end of a stream is never taken for
 * the end of the output: that is where the exit record says. A server that is away is waited for.
 */
export async function* followOutput(
  context: Pick<KubernetesContext, 'clock' | 'logger'>,
  connection: { readonly client: KubeClient; readonly watch: KubeWatch },
  id: string,
  fromByte: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { clock } = context
  const { client, watch } = connection
  let position = fromByte
  let idleRounds = 0
  for (;;) {
    const state = await persist(clock, signal, () => readState(client, id, signal))
    if (state.phase === 'absent') throw outputLost(id, 'was removed')
    if (state.phase === 'ended') {
      yield* readRest(context, client, state, position, signal)
      return
    }
    const before = position
    if (state.phase === 'running' && position < state.record.outputLimitBytes) {
      const limit = state.record.outputLimitBytes
      const pod = state.pod.metadata?.name ?? ''
      const command = followCommand(position, 'stdout')
      using end = unrecordedEnd(watch, state, signal)
      const process = { pod, command, until: end.signal }
      for await (const chunk of streamOnce(context, client, process, signal)) {
        // What comes after the limit may be cut off again: it is told when it is final.
        const part = chunk.subarray(0, Math.max(limit - position, 0))
        if (part.length === 0) break
        position += part.length
        yield part
      }
    }
    idleRounds = position > before ? 0 : idleRounds + 1
    if (idleRounds < 2) continue
    await watch.next(Math.min(firstPauseMs * 2 ** (idleRounds - 2), longestPauseMs), signal)
  }
}

interface CompanionProcess {
  readonly pod: string
  readonly command: readonly [string, ...string[]]
  /** Ends it early. */
  readonly until?: AbortSignal
  /** Nobody could ask the companion, so that it said nothing means nothing. */
  readonly onAway?: () => void
}

/** What a process in the companion writes; ends when its stream does, for whatever reason. */
async function* streamOnce(
  context: Pick<KubernetesContext, 'clock' | 'logger'>,
  client: KubeClient,
  { pod, command, until, onAway }: CompanionProcess,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    await using process = await client.pods.exec(
      { pod, container: containerNames.keeper, command },
      until === undefined ? signal : AbortSignal.any([signal, until]),
    )
    for await (const chunk of process.stdout) if (chunk instanceof Uint8Array) yield chunk
  } catch (error) {
    signal.throwIfAborted()
    if (until?.aborted === true) return
    // A kubelet that has just come back does not know its pods yet.
    if (isAway(error) || isNotFound(error)) onAway?.()
    // The state of the pod, asked for next, says more than any of these.
    context.logger.debug({ err: error }, 'The output stream of a pod broke off; reading it again')
  }
}

async function* readRest(
  context: Pick<KubernetesContext, 'clock' | 'logger'>,
  client: KubeClient,
  state: Extract<WorkloadState, { phase: 'ended' }>,
  fromByte: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { record } = state
  // Without a main process there was never any.
  if (!state.wasStarted) return
  const known = state.outputBytes
  if (known === fromByte) return
  const pod = state.pod
  if (pod === undefined || !isRunning(pod, 'keeper')) {
    throw outputLost(record.id, 'is gone with its pod')
  }
  const name = pod.metadata?.name ?? ''
  const bytes = known ?? (await sizeOf(context, client, record.id, name, signal))
  if (bytes < fromByte) {
    throw outputLost(record.id, `has ${bytes} bytes, and was asked from byte ${fromByte} on`)
  }
  let position = fromByte
  let idleRounds = 0
  while (position < bytes) {
    const before = position
    let wasAway = false
    const process = {
      pod: name,
      command: readOutputCommand(position),
      onAway: () => (wasAway = true),
    }
    for await (const chunk of streamOnce(context, client, process, signal)) {
      const part = chunk.subarray(0, bytes - position)
      position += part.length
      if (part.length > 0) yield part
      if (position >= bytes) break
    }
    if (position >= bytes) return
    // A kubelet that restarts takes its time; the bytes are where they were.
    if (position > before) idleRounds = 0
    else if (!wasAway) idleRounds += 1
    const pauseMs = wasAway ? longestPauseMs : firstPauseMs * 2 ** idleRounds
    await context.clock.sleep(Math.min(pauseMs, longestPauseMs), { signal })
    const now = await persist(context.clock, signal, () => readState(client, record.id, signal))
    if (now.phase !== 'ended' || now.pod === undefined || !isRunning(now.pod, 'keeper')) {
      throw outputLost(record.id, `ends at byte ${position} of ${bytes}: its pod is gone`)
    }
    if (idleRounds > 20) {
      throw outputLost(record.id, `has ${position} bytes where its exit record says ${bytes}`)
    }
  }
}

async function sizeOf(
  context: Pick<KubernetesContext, 'clock' | 'logger'>,
  client: KubeClient,
  id: string,
  pod: string,
  signal: AbortSignal,
): Promise<number> {
  return await persist(context.clock, signal, async () => {
    try {
      const target = { pod, container: containerNames.keeper, command: outputSizeCommand }
      const said = await execText(client, target, { signal })
      const [, bytes] = /^\s*(\d{1,16})\s/u.exec(said) ?? []
      if (bytes !== undefined) return Number(bytes)
    } catch (error) {
      if (!isNotFound(error)) throw error
      // A kubelet that has just come back does not know its pods yet.
      const now = await readState(client, id, signal)
      if (now.phase !== 'ended' || now.pod === undefined || !isRunning(now.pod, 'keeper')) {
        throw outputLost(id, 'is gone with its pod')
      }
    }
    throw kubernetesError(
      'UNAVAILABLE',
      'output',
      `Cannot ask how long the output of \`${id}\` is.`,
    )
  })
}

function outputLost(id: string, what: string): Error {
  return kubernetesError(
    'OUTPUT_LOST',
    'output',
    `Cannot read the output of workload \`${id}\`: it ${what}. What was read before is all there is.`,
  )
}

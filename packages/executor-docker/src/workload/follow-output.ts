import { followCommand, ownPaths } from '@scalr-agent/core/container'
import { extract } from 'tar-stream'

import { readState, type ContainerState } from '../container/container-state.ts'
import type { DockerContext } from '../context.ts'
import { dockerError, isConflict, isNotFound } from '../docker-error.ts'
import { persist } from '../calls/persist.ts'

/**
 * How long to wait before following again, from the second stream on that ended without bringing
 * anything. The first is often one that came when the main process had just ended.
 */
const firstPauseMs = 50
const longestPauseMs = 1000

/**
 * The output of a workload from a byte on, while it runs by a process in its container, after its end by
 * the engine. The end of a stream is never taken for the end of the output: that is where the exit record
 * says. An engine that is away is waited for.
 */
export async function* followOutput(
  context: DockerContext,
  id: string,
  fromByte: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { clock, client, events } = context
  using _watch = events.watch()
  let position = fromByte
  let idleRounds = 0
  for (;;) {
    const state = await persist(clock, signal, () => readState(client, id, signal))
    if (state.phase === 'ended') {
      yield* readRest(context, state, position, signal)
      return
    }
    if (state.phase === 'absent' || state.phase === 'stranger') throw outputLost(id, 'was removed')
    const before = position
    if (state.phase === 'running' && position < state.record.outputLimitBytes) {
      for await (const chunk of followOnce(context, state.containerId, position, signal)) {
        // What comes after the limit may be cut off again: it is told when it is final.
        const room = state.record.outputLimitBytes - position
        const part = chunk.subarray(0, Math.max(room, 0))
        if (part.length === 0) break
        position += part.length
        yield part
      }
    }
    idleRounds = position > before ? 0 : idleRounds + 1
    if (idleRounds < 2) continue
    await events.next(Math.min(firstPauseMs * 2 ** (idleRounds - 2), longestPauseMs), signal)
  }
}

/** Ends when its stream does, for whatever reason. */
async function* followOnce(
  context: DockerContext,
  containerId: string,
  position: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* context.client.exec(containerId, followCommand(position, 'stderr'), signal)
  } catch (error) {
    signal.throwIfAborted()
    // The state of the container, asked for next, says more than any of these.
    context.logger.debug(
      { error },
      'The output stream of a container broke off; following it again',
    )
  }
}

async function* readRest(
  context: DockerContext,
  state: Extract<ContainerState, { phase: 'ended' }>,
  fromByte: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { outputBytes, record } = state
  // Without a main process there was never any.
  if (!state.wasStarted || outputBytes === fromByte) return
  if (outputBytes !== undefined && outputBytes < fromByte) {
    throw outputLost(record.id, `has ${outputBytes} bytes, and was asked from byte ${fromByte} on`)
  }
  let position = fromByte
  // An engine that goes away in the midst is asked again, from where we are.
  for (;;) {
    let failure: unknown
    try {
      for await (const chunk of readFile(context, state.containerId, position, signal)) {
        position += chunk.length
        yield chunk
      }
    } catch (error) {
      signal.throwIfAborted()
      failure = error
    }
    if (failure === undefined) break
    if (isNotFound(failure)) throw outputLost(record.id, 'was removed')
    if (isConflict(failure)) throw failure
    await context.clock.sleep(longestPauseMs, { signal })
    const now = await persist(context.clock, signal, () =>
      readState(context.client, record.id, signal),
    )
    if (now.phase !== 'ended') throw outputLost(record.id, 'was removed')
  }
  if (outputBytes !== undefined && position !== outputBytes) {
    throw outputLost(record.id, `has ${position} bytes where its exit record says ${outputBytes}`)
  }
}

/** The output of a container that does not run, from a byte on. */
async function* readFile(
  context: DockerContext,
  containerId: string,
  fromByte: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const source = await persist(context.clock, signal, () =>
    context.client.archives.get(containerId, ownPaths.output, signal),
  )
  if (source === undefined) throw Object.assign(new Error('no such file'), { statusCode: 404 })
  const archive = extract()
  source.on('error', (error) => archive.destroy(error))
  // An answer that breaks off is no end.
  source.on('close', () => {
    if (!source.readableEnded) archive.destroy(new Error('aborted'))
  })
  source.pipe(archive)
  try {
    let passed = 0
    for await (const entry of archive) {
      for await (const chunk of entry) {
        if (!(chunk instanceof Uint8Array)) continue
        const part = chunk.subarray(Math.min(Math.max(fromByte - passed, 0), chunk.length))
        passed += chunk.length
        if (part.length > 0) yield part
      }
    }
  } finally {
    source.destroy()
  }
}

function outputLost(id: string, what: string): Error {
  return dockerError(
    'OUTPUT_LOST',
    'output',
    `Cannot read the output of workload \`${id}\`: it ${what}. What was read before is all there is.`,
  )
}

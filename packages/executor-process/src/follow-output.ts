import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'

import type { Clock } from '@scalr-agent/core'

import { ChangeWatch } from './change-watch.ts'
import type { WorkloadPaths } from './data-directory.ts'
import { processError, unless } from './process-error.ts'
import { readWorkloadState } from './workload-state.ts'

const chunkBytes = 128 * 1024

export interface FollowOptions {
  readonly paths: WorkloadPaths
  readonly fromByte: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The bytes of the output file from `fromByte`, until the workload has ended and all were given. */
export async function* followOutput(options: FollowOptions): AsyncGenerator<Uint8Array, void> {
  const { paths, fromByte, clock, signal } = options
  if (!Number.isSafeInteger(fromByte) || fromByte < 0) {
    throw processError(
      'INVALID_SPEC',
      'output',
      `Cannot read the output of workload \`${paths.id}\` from byte ${fromByte}: not a count of bytes.`,
    )
  }
  signal.throwIfAborted()
  using watch = new ChangeWatch([paths.root, paths.run], {
    clock,
    output: basename(paths.output),
    followsOutput: true,
  })
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW
  const handle = await unless(['ENOENT'], () => open(paths.output, flags))
  if (handle === undefined) {
    const state = await readWorkloadState(paths, clock)
    // It never ran, so there is nothing that could be missing.
    if (state.phase === 'ended' && state.outcome.kind === 'not-started' && fromByte === 0) return
    throw lost(paths, 'its output file is gone')
  }
  try {
    let position = fromByte
    let expected: number | undefined
    let isOver = false
    let mayHaveEnded = true
    let buffer = Buffer.allocUnsafe(chunkBytes)
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position)
      signal.throwIfAborted()
      if (bytesRead > 0) {
        position += bytesRead
        const chunk = buffer.subarray(0, bytesRead)
        // A few bytes must not hold on to all of a buffer.
        const isSmall = bytesRead < chunkBytes / 4
        if (!isSmall) buffer = Buffer.allocUnsafe(chunkBytes)
        yield isSmall ? Buffer.from(chunk) : chunk
        continue
      }
      const { size } = await handle.stat()
      if (size > position) continue
      if (size < position && (isOver || position > fromByte)) {
        throw lost(
          paths,
          `it holds ${size} bytes, and byte ${position} was asked for or given before`,
        )
      }
      if (isOver) {
        if (expected !== undefined && size < expected) {
          throw lost(paths, `it holds ${size} bytes of the ${expected} that were there at its end`)
        }
        return
      }
      if (mayHaveEnded) {
        const state = await readWorkloadState(paths, clock)
        // Once it has ended nothing is written any more, so one more look finds all.
        isOver = state.phase === 'ended' || state.phase === 'absent'
        expected = state.phase === 'ended' ? state.outputBytes : undefined
      }
      if (!isOver) mayHaveEnded = await watch.next(signal)
    }
  } finally {
    await handle.close()
  }
}

function lost(paths: WorkloadPaths, why: string): Error {
  return processError(
    'OUTPUT_LOST',
    'output',
    `Cannot read the output of workload \`${paths.id}\`: ${why}. Nothing but its destruction or ` +
      'another program removes output; its log cannot be completed.',
  )
}

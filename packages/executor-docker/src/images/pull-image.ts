import { Readable } from 'node:stream'

import type { Clock } from '@scalr-agent/core'
import type Docker from 'dockerode'

import { isEngineAway, toDockerError } from '../docker-error.ts'
import { imageError, toPullError, type PullContext } from './image-error.ts'
import type { ImageReference } from './image-reference.ts'
import { PullProgressReader, type PullProgress } from './pull-progress.ts'
import type { RegistryAuth } from './registry-credentials.ts'

/** Progress is told once in this time, and at the end. */
const progressEveryMs = 1000

export interface PullOptions {
  readonly reference: ImageReference
  readonly auth: RegistryAuth | undefined
  readonly context: PullContext
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress: (progress: PullProgress) => void
}

/**
 * Has the engine pull an image. Ends when the engine says so, when nothing has come for too long (a
 * registry behind a firewall that drops packets answers nothing at all), or when its time is up.
 *
 * @throws `ExecutorError` `IMAGE_PULL_FAILED`, `UNAVAILABLE` when the engine went away or its disk is full
 */
export async function pullImage(docker: Docker, options: PullOptions): Promise<void> {
  const { context, clock, signal, timeoutMs, idleTimeoutMs } = options
  const stop = new AbortController()
  const fail = (what: string): void =>
    stop.abort(imageError(context.image, what, { retryable: true }))
  const either = AbortSignal.any([signal, stop.signal])
  let idleSince = clock.monotonicMs()
  const watch = async (): Promise<void> => {
    const endMs = clock.monotonicMs() + timeoutMs
    for (;;) {
      const nowMs = clock.monotonicMs()
      const idleEndMs = idleSince + idleTimeoutMs
      if (nowMs >= endMs) {
        return fail(
          `the pull was not over after ${timeoutMs / 1000} s. Raise \`pullTimeoutMs\`, or load the image into the engine beforehand.`,
        )
      }
      if (nowMs >= idleEndMs) {
        return fail(
          `nothing came from the registry ${context.registry} for ${idleTimeoutMs / 1000} s. Check the way from the engine's machine to it (firewall, proxy).`,
        )
      }
      await clock.sleep(Math.min(endMs, idleEndMs) - nowMs, { signal: either })
    }
  }
  watch().catch(() => {})
  try {
    await follow(docker, options, either, () => {
      idleSince = clock.monotonicMs()
    })
  } catch (error) {
    either.throwIfAborted()
    // An engine that went down in the middle says nothing about the image.
    if (isEngineAway(error)) {
      throw toDockerError(error, { phase: 'pull', doing: `pull the image \`${context.image}\`` })
    }
    throw toPullError(error, context)
  } finally {
    // Ends the watch, and the connection where it is still open: then the engine stops pulling.
    stop.abort()
  }
}

async function follow(
  docker: Docker,
  options: PullOptions,
  signal: AbortSignal,
  touch: () => void,
): Promise<void> {
  const { reference, auth, clock, onProgress, context } = options
  const request = {
    fromImage: `${reference.registry}/${reference.path}`,
    tag: reference.digest ?? reference.tag ?? 'latest',
    abortSignal: signal,
  }
  const stream = await (auth === undefined
    ? docker.createImage(request)
    : docker.createImage(auth, request))
  if (!(stream instanceof Readable)) throw new TypeError('dockerode gave no stream of the pull.')
  touch()
  const reader = new PullProgressReader(context.image)
  const end = (): void => void stream.destroy()
  stream.on('error', () => {})
  signal.addEventListener('abort', end, { once: true })
  let toldMs = Number.NEGATIVE_INFINITY
  try {
    for await (const line of linesOf(stream)) {
      if (reader.read(line)) touch()
      if (clock.monotonicMs() - toldMs < progressEveryMs) continue
      toldMs = clock.monotonicMs()
      onProgress(reader.progress)
    }
  } finally {
    signal.removeEventListener('abort', end)
    stream.destroy()
  }
  if (reader.error !== undefined) throw new Error(reader.error)
  onProgress(reader.progress)
}

/** Throws when the stream breaks off, as `readline` would not. */
async function* linesOf(stream: Readable): AsyncGenerator<string, void> {
  stream.setEncoding('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

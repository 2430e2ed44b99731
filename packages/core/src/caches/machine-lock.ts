import { SocketLock, type Clock } from '../runtime/index.ts'

export interface MachineLockOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Then the work is done without the lock. */
  readonly maxWaitMs: number
}

const crowdedWaitMs = 20

/**
 * Does the work while no other process of this machine does work of that name, so that two agents do not
 * fetch the same thing twice. Whoever waits is woken when the holder is done or has died.
 *
 * Saves work and no more. It is not seen from another machine or container, and where it cannot be had
 * the work is done all the same: what it guards must be safe without it.
 */
export async function withMachineLock<T>(
  name: string,
  work: () => Promise<T>,
  options: MachineLockOptions,
): Promise<T> {
  const release = await acquire(new SocketLock('scalr-agent-cache', name), options)
  try {
    return await work()
  } finally {
    await release?.()
  }
}

async function acquire(
  lock: SocketLock,
  options: MachineLockOptions,
): Promise<(() => Promise<void>) | undefined> {
  const { clock, signal, maxWaitMs } = options
  const untilMs = clock.monotonicMs() + maxWaitMs
  for (;;) {
    signal?.throwIfAborted()
    const attempt = await lock.take()
    if (attempt.kind === 'held') return () => attempt.release()
    if (attempt.kind === 'unavailable') return undefined
    const leftMs = untilMs - clock.monotonicMs()
    if (leftMs <= 0) return undefined
    const wasWaitedFor = await untilFree(lock, leftMs, options)
    if (!wasWaitedFor) await clock.sleep(crowdedWaitMs, { signal })
  }
}

async function untilFree(
  lock: SocketLock,
  maxMs: number,
  { clock, signal }: MachineLockOptions,
): Promise<boolean> {
  const done = new AbortController()
  const stop = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal])
  const timeout = clock.sleep(maxMs, { signal: stop }).then(
    () => done.abort(),
    () => {},
  )
  const wasWaitedFor = await lock.untilFree(stop)
  done.abort()
  await timeout
  return wasWaitedFor
}

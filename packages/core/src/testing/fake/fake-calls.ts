/** A call to the `FakeExecutor` or one of its workloads, as its `onCall` hook sees it. */
export interface FakeCall {
  readonly method:
    | 'launch'
    /** `launch` has done its work, but has not answered yet: a throw here is a lost answer. */
    | 'launch-answer'
    | 'attach'
    | 'list'
    | 'output'
    | 'wait'
    | 'interrupt'
    | 'usage'
    | 'readFiles'
    | 'destroy'
  /** Absent for `list`. */
  readonly id?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs before each call. Throwing makes the call fail, not resolving makes it hang. A hang that honours
 * `call.signal` ends when the caller gives up.
 */
export type FakeCallHook = (call: FakeCall) => void | Promise<void>

/** Waits for the hook, or for the caller to give up. */
export async function passHook(hook: FakeCallHook | undefined, call: FakeCall): Promise<void> {
  const { signal } = call
  signal?.throwIfAborted()
  const pending = hook?.(call)
  if (pending === undefined) return
  if (signal === undefined) {
    await pending
    return
  }
  let giveUp = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    await Promise.race([pending, aborted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

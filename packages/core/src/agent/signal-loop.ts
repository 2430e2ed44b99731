import type { ControlPlaneSession } from '../control-plane/index.ts'
import type { Signal } from '../protocol/index.ts'
import { Backoff, type Clock, type Logger } from '../runtime/index.ts'
import { isSessionGone } from './session.ts'

export interface SignalLoopOptions {
  readonly session: (options: { readonly signal: AbortSignal }) => Promise<ControlPlaneSession>
  readonly onSessionGone: (session: ControlPlaneSession) => void
  /** Tells the job's runner. The cursor moves on only after it returned. */
  readonly onSignal: (signal: Signal) => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Keeps one long-poll for cancel signals open. The control plane keeps each signal until its job ends
 * and the cursor is ours, so none is lost between two polls or over a reconnect.
 */
export async function runSignalLoop(
  options: SignalLoopOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const backoff = new Backoff()
  let after = 0
  let polled: ControlPlaneSession | undefined
  while (!signal.aborted) {
    let session: ControlPlaneSession | undefined
    try {
      session = await options.session({ signal })
      // A new session may be with a control plane that lost its counter: hear everything again.
      if (session !== polled) after = 0
      polled = session
      const { longPollMs } = session.registration.intervals
      const answer = await session.signals({ after, waitMs: longPollMs }, { signal })
      for (const one of answer.signals) options.onSignal(one)
      after = Math.max(after, answer.cursor)
      backoff.reset()
    } catch (error) {
      if (signal.aborted) return
      // No session will come: whoever waited for it tells why.
      if (session === undefined) return
      if (isSessionGone(error)) options.onSessionGone(session)
      const waitMs = backoff.nextMs()
      options.logger.warn(
        { err: error, retryInMs: Math.round(waitMs) },
        'Could not ask for signals',
      )
      await options.clock.sleep(waitMs, { signal }).catch(() => {})
    }
  }
}

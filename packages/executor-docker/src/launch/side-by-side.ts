/**
 * Does all of this at once. When one part fails the others are told to stop, and all of them are over
 * before the first failure is thrown: nothing goes on behind whoever tidies up.
 */
export async function sideBySide(
  signal: AbortSignal,
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  await Promise.allSettled(
    parts.map(async (part) => {
      try {
        await part(either)
      } catch (error) {
        stop.abort(error)
        throw error
      }
    }),
  )
  signal.throwIfAborted()
  stop.signal.throwIfAborted()
}

/** The signals that stop an agent. */
const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** What the nth signal does: the first as `stopAction` says, the second soft-cancels, the third leaves. */
export interface ProcessSignalHandlers {
  readonly onFirst: (name: string) => void
  readonly onSecond: (name: string) => void
  readonly onThird: (name: string) => void
}

/** Listens until disposed. */
export function listenToProcessSignals(handlers: ProcessSignalHandlers): Disposable {
  let count = 0
  const listener = (name: NodeJS.Signals): void => {
    count += 1
    if (count === 1) handlers.onFirst(name)
    else if (count === 2) handlers.onSecond(name)
    else handlers.onThird(name)
  }
  for (const name of names) process.on(name, listener)
  return {
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener)
    },
  }
}

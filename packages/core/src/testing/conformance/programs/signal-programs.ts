import type { FakeProcess } from '../../fake/fake-process.ts'
import type { KitProgram } from './kit-program.ts'

// Loops wait a second at most, since some shells miss a signal that comes just before a `wait`.
const pause = 'sleep 1 & wait $!'

/**
 * Says `ready`, tells every signal it gets, and goes on until SIGQUIT. Exit code `$1`, or 0. Signals that
 * were sent before SIGQUIT are told before the end.
 */
export const hold: KitProgram = {
  name: 'hold',
  script: `done=; trap 'echo TERM' TERM; trap 'echo QUIT; done=1' QUIT
echo ready; while [ -z "$done" ]; do ${pause}; done; echo end; exit "\${1:-0}"`,
  fake: async (process, [code]) => {
    process.trap('SIGTERM', () => process.write('TERM\n'))
    const quit = trapped(process, 'SIGQUIT', () => process.write('QUIT\n'))
    process.write('ready\n')
    await Promise.race([quit, process.forever()])
    process.write('end\n')
    return Number(code ?? 0)
  },
}

/** Says `ready` and ends on SIGTERM, after it tidied up, with exit code 3. */
export const graceful: KitProgram = {
  name: 'graceful',
  script: `done=; trap done=1 TERM; echo ready; while [ -z "$done" ]; do ${pause}; done
echo tidied; exit 3`,
  fake: async (process) => {
    const terminated = trapped(process, 'SIGTERM')
    process.write('ready\n')
    await Promise.race([terminated, process.forever()])
    process.write('tidied\n')
    return 3
  },
}

/** Says `ready` and does as signals do by default. */
export const idle: KitProgram = {
  name: 'idle',
  script: 'echo ready; exec sleep 3600',
  fake: async (process) => {
    process.write('ready\n')
    await process.forever()
  },
}

/** Says `ready` and ignores every signal that can be ignored. */
export const stubborn: KitProgram = {
  name: 'stubborn',
  script: `trap '' TERM QUIT INT HUP; echo ready; while :; do sleep 1; done`,
  fake: async (process) => {
    process.trap('SIGTERM', () => {})
    process.trap('SIGQUIT', () => {})
    process.write('ready\n')
    await process.forever()
  },
}

/**
 * The main process starts a child that tells SIGTERM, and is asked to end itself. Once it was, it asks
 * the child with SIGUSR1, so that a SIGTERM that reached the child is told before the end.
 */
export const withChild: KitProgram = {
  name: 'with-child',
  script: `done=; trap 'echo main-TERM; done=1' TERM
sh -c 'done=; trap "echo child-TERM" TERM; trap done=1 USR1; echo child-ready
while [ -z "$done" ]; do ${pause}; done; echo child-end' &
child=$!; while [ -z "$done" ]; do ${pause}; done; kill -USR1 $child; wait $child; echo end`,
  fake: async (process) => {
    const terminated = trapped(process, 'SIGTERM', () => process.write('main-TERM\n'))
    const asked = Promise.withResolvers<void>()
    const child = process.spawn(async (inner) => {
      inner.trap('SIGTERM', () => inner.write('child-TERM\n'))
      inner.write('child-ready\n')
      await Promise.race([asked.promise, inner.forever()])
      inner.write('child-end\n')
    })
    await Promise.race([terminated, process.forever()])
    asked.resolve()
    await child
    process.write('end\n')
  },
}

/** Children that go on writing: one beside the main process, and where there is `setsid` one far from it. */
export const offspring: KitProgram = {
  name: 'offspring',
  script: `trap '' TERM QUIT INT HUP; tick='while :; do echo tick; sleep 0.05 || sleep 1; done'
sh -c "$tick" & if command -v setsid >/dev/null 2>&1; then setsid sh -c "$tick" & fi
while :; do sleep 1; done`,
  fake: async (process) => {
    process.trap('SIGTERM', () => {})
    process.trap('SIGQUIT', () => {})
    await process.spawn(async (child) => {
      while (!child.signal.aborted) {
        child.write('tick\n')
        await child.sleep(50)
      }
    })
  },
}

/** Ends at once and leaves a child that holds the output open. */
export const leavesChild: KitProgram = {
  name: 'leaves-child',
  script: `sh -c 'while :; do sleep 1; done' & echo done; exit 4`,
  fake: (process) => {
    process.spawn(async (child) => await child.forever()).catch(() => {})
    process.write('done\n')
    return 4
  },
}

async function trapped(
  process: FakeProcess,
  signal: 'SIGTERM' | 'SIGQUIT',
  also: () => void = () => {},
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.trap(signal, () => {
    also()
    resolve()
  })
  await promise
}

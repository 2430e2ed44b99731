/** Holds the lock of the given name until its input ends, or until it is killed. */
import { withMachineLock } from '../../../src/caches/machine-lock.ts'
import { systemClock } from '../../../src/runtime/index.ts'

await withMachineLock(
  process.argv[2] ?? '',
  async () => {
    process.stdout.write('held\n')
    for await (const _ of process.stdin);
  },
  { clock: systemClock, maxWaitMs: 60_000 },
)

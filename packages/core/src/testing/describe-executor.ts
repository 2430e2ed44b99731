import type { Executor } from '../executor/index.ts'
import { IllegalStateError } from '../errors/index.ts'
import { behaviourGroups, reasonToSkip } from './conformance/behaviour.ts'
import { conformanceBehaviours } from './conformance/conformance-behaviours.ts'
import type { ConformanceOptions } from './conformance/conformance-options.ts'
import { behaviourTimeoutMs, runBehaviour } from './conformance/run-conformance.ts'

// An optional peer: `runConformance` and `FakeExecutor` work without it.
const vitest = await import('vitest').then(
  (module) => ({ module, error: undefined }),
  (error: unknown) => ({ module: undefined, error }),
)

/**
 * The conformance kit as vitest tests: one `describe` for each group, one `it` for each behaviour.
 * Behaviours that the executor's capabilities rule out are skipped, with the reason.
 *
 * @example
 * describeExecutor('process', {
 *   create: () => new ProcessExecutor({ dataDir }),
 *   childModule: new URL('./child-executor.ts', import.meta.url),
 * })
 */
export function describeExecutor(name: string, options: ConformanceOptions): void {
  if (vitest.module === undefined) {
    throw new IllegalStateError(
      `Cannot describe the executor '${name}': vitest cannot be loaded. Install it, or use runConformance.`,
      { cause: vitest.error },
    )
  }
  const { afterAll, beforeAll, describe, it } = vitest.module
  describe(`executor '${name}'`, () => {
    let executor: Executor | undefined
    beforeAll(async () => {
      executor = await options.create()
    })
    afterAll(async () => {
      await executor?.[Symbol.asyncDispose]()
    })
    for (const group of behaviourGroups) {
      describe(group, () => {
        for (const behaviour of conformanceBehaviours) {
          if (behaviour.group !== group) continue
          // Tidying up takes time as well.
          const timeout =
            behaviourTimeoutMs(behaviour, options) + 30_000 * (options.timeoutFactor ?? 1)
          it(behaviour.title, { timeout }, async (test) => {
            if (executor === undefined) throw new IllegalStateError('The executor was not created.')
            const reason = reasonToSkip(behaviour, executor.capabilities, options)
            if (reason !== undefined) test.skip(reason)
            await runBehaviour(behaviour, { executor, options })
          })
        }
      })
    }
  })
}

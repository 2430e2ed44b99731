import type { Executor } from '../../executor/index.ts'
import { conformanceBehaviours } from './conformance-behaviours.ts'
import { reasonToSkip, type Behaviour } from './behaviour.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import { KitContext } from './kit-context.ts'

export type BehaviourResult =
  | { readonly behaviour: Behaviour; readonly status: 'passed'; readonly durationMs: number }
  | { readonly behaviour: Behaviour; readonly status: 'skipped'; readonly reason: string }
  | {
      readonly behaviour: Behaviour
      readonly status: 'failed'
      readonly error: unknown
      readonly durationMs: number
    }

export interface RunConformanceOptions extends ConformanceOptions {
  /** Ids or groups of behaviours. @default all */
  readonly only?: readonly string[]
}

/**
 * Proves an executor, one behaviour after another, with no test runner. Never throws for a behaviour
 * that fails.
 *
 * @example
 * for await (const result of runConformance({ create: () => new MyExecutor() })) {
 *   console.log(result.status, result.behaviour.title)
 * }
 */
export async function* runConformance(
  options: RunConformanceOptions,
): AsyncGenerator<BehaviourResult, void, undefined> {
  await using executor = await options.create()
  const { only } = options
  for (const behaviour of conformanceBehaviours) {
    if (only !== undefined && !only.includes(behaviour.id) && !only.includes(behaviour.group))
      continue
    const reason = reasonToSkip(behaviour, executor.capabilities, options)
    if (reason !== undefined) {
      yield { behaviour, status: 'skipped', reason }
      continue
    }
    const startedAt = performance.now()
    try {
      await runBehaviour(behaviour, { executor, options })
      yield { behaviour, status: 'passed', durationMs: performance.now() - startedAt }
    } catch (error) {
      yield { behaviour, status: 'failed', error, durationMs: performance.now() - startedAt }
    }
  }
}

/** The time that a behaviour may take, tidying up excluded. */
export function behaviourTimeoutMs(behaviour: Behaviour, options: ConformanceOptions): number {
  return (behaviour.timeoutMs ?? 60_000) * (options.timeoutFactor ?? 1)
}

/** Runs one behaviour and removes what it left. Rejects when the executor does not behave so. */
export async function runBehaviour(
  behaviour: Behaviour,
  { executor, options }: { readonly executor: Executor; readonly options: ConformanceOptions },
): Promise<void> {
  const timeoutMs = behaviourTimeoutMs(behaviour, options)
  const timeout = new AbortController()
  await using context = new KitContext({ executor, options, signal: timeout.signal })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`it was not done after ${timeoutMs} ms`)
      reject(error)
      timeout.abort(error)
    }, timeoutMs)
  })
  try {
    // An executor may well ignore the signal: the kit goes on all the same.
    await Promise.race([behaviour.run(context), late])
  } finally {
    clearTimeout(timer)
    timeout.abort(new Error('the behaviour is over'))
  }
}

import type { Executor } from '../../executor/index.ts'
import { conformanceBehaviours } from './conformance-behaviours.ts'
import { reasonToSkip, type Behaviour } from './behaviour.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import { KitContext } from './kit-context.ts'

/** How an executor did in one behaviour. */
export type BehaviourResult =
  | { readonly behaviour: Behaviour; readonly status: 'passed'; readonly durationMs: number }
  | { readonly behaviour: Behaviour; readonly status: 'skipped'; readonly reason: string }
  | {
      readonly behaviour: Behaviour
      readonly status: 'failed'
      readonly error: unknown
      readonly durationMs: number
    }

/** What to prove, and of which executor. */
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

const tidyTimeoutMs = 25_000

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
  const context = new KitContext({ executor, options, signal: timeout.signal })
  const errors: unknown[] = []
  try {
    // An executor may well ignore the signal: the kit goes on all the same.
    await inTime(behaviour.run(context), timeoutMs, (error) => timeout.abort(error))
  } catch (error) {
    errors.push(error)
  }
  timeout.abort(new Error('the behaviour is over'))
  try {
    await inTime(context[Symbol.asyncDispose](), tidyTimeoutMs * (options.timeoutFactor ?? 1))
  } catch (error) {
    errors.push(new Error('what it launched could not be destroyed', { cause: error }))
  }
  if (errors.length > 1) throw new AggregateError(errors, 'it failed and left something')
  if (errors.length > 0) throw errors[0]
}

async function inTime(
  work: Promise<void>,
  timeoutMs: number,
  onTimeout: (error: Error) => void = () => {},
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`it was not done after ${timeoutMs} ms`)
      reject(error)
      onTimeout(error)
    }, timeoutMs)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

import type { Readable } from 'node:stream'
import { isAbsolute, posix } from 'node:path'

import type {
  InterruptLevel,
  OperationOptions,
  Outcome,
  ResourceUsage,
  Workload,
} from '../../executor/index.ts'
import { passHook, type FakeCallHook } from './fake-calls.ts'
import type { FakeEngine } from './fake-engine.ts'
import { fakeError } from './fake-output.ts'
import type { FakeRun } from './fake-run.ts'

/** A handle on one workload of a `FakeEngine`. */
export class FakeWorkload implements Workload {
  readonly id: string
  readonly #run: FakeRun
  readonly #engine: FakeEngine
  readonly #onCall: () => FakeCallHook | undefined

  constructor(options: {
    readonly run: FakeRun
    readonly engine: FakeEngine
    readonly onCall: () => FakeCallHook | undefined
  }) {
    this.id = options.run.spec.id
    this.#run = options.run
    this.#engine = options.engine
    this.#onCall = options.onCall
  }

  async *output(fromByte: number, options: OperationOptions = {}): AsyncIterable<Uint8Array> {
    const { signal } = options
    await passHook(this.#onCall(), { method: 'output', id: this.id, signal })
    yield* this.#run.output.read(fromByte, signal)
  }

  async wait(options: OperationOptions = {}): Promise<Outcome> {
    const { signal } = options
    await passHook(this.#onCall(), { method: 'wait', id: this.id, signal })
    return await passOutcome(this.#run.outcome, signal)
  }

  async interrupt(level: InterruptLevel): Promise<void> {
    await passHook(this.#onCall(), { method: 'interrupt', id: this.id })
    this.#run.interrupt(level)
  }

  async usage(): Promise<ResourceUsage | undefined> {
    await passHook(this.#onCall(), { method: 'usage', id: this.id })
    return this.#run.usage()
  }

  async readFiles(paths: readonly string[]): Promise<Readable> {
    await passHook(this.#onCall(), { method: 'readFiles', id: this.id })
    for (const path of paths) {
      if (path === '' || isAbsolute(path) || posix.normalize(path).split('/').includes('..')) {
        throw fakeError(
          'INVALID_SPEC',
          'read-files',
          `Cannot read files of workload \`${this.id}\`: ${JSON.stringify(path)} is not a path in the job directory.`,
        )
      }
    }
    return this.#run.files.pack(paths)
  }

  async destroy(): Promise<void> {
    await passHook(this.#onCall(), { method: 'destroy', id: this.id })
    this.#run.end({ kind: 'signaled', signal: 'SIGKILL' })
    this.#run.output.remove(
      fakeError(
        'OUTPUT_LOST',
        'output',
        `Cannot read the output of workload \`${this.id}\`: it was destroyed.`,
      ),
    )
    if (this.#engine.runs.get(this.id) === this.#run) this.#engine.runs.delete(this.id)
  }
}

async function passOutcome(
  outcome: Promise<Outcome>,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  if (signal === undefined) return await outcome
  return await new Promise<Outcome>((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason)
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
    void outcome.then((ended) => {
      signal.removeEventListener('abort', giveUp)
      resolve(ended)
    })
  })
}

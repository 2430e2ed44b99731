import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

import type {
  InterruptLevel,
  MemoryEvidence,
  Outcome,
  ResourceUsage,
  WorkloadSpec,
} from '../../executor/index.ts'
import { deferred } from '../../runtime/index.ts'
import { FakeFiles } from './fake-files.ts'
import { FakeOutput } from './fake-output.ts'
import type { FakeProcess, FakeProgram, FakeSignal } from './fake-process.ts'

/** Ends a process from within when it takes too much memory. */
class MemoryExceeded extends Error {}

const baseMemoryBytes = 1024 * 1024

/** One workload in the engine, from the claim of its id to its removal. */
export class FakeRun {
  readonly spec: WorkloadSpec
  readonly output = new FakeOutput()
  /** Resolves when `launch` has done its part; `undefined` when it was given up. */
  readonly launched = deferred<boolean>()
  files = new FakeFiles()
  state: 'starting' | 'running' | 'ended' = 'starting'
  /** Every interrupt that had an effect, in order. */
  readonly interrupts: InterruptLevel[] = []
  readonly #outcome = deferred<Outcome>()
  readonly #abort = new AbortController()
  readonly #traps = new Map<FakeSignal, () => void>()
  #memoryBytes = baseMemoryBytes
  #peakBytes = baseMemoryBytes
  #memoryExceeded: MemoryEvidence | undefined

  constructor(spec: WorkloadSpec) {
    this.spec = spec
  }

  get outcome(): Promise<Outcome> {
    return this.#outcome.promise
  }

  start(program: FakeProgram): void {
    this.state = 'running'
    const { deadlineMs } = this.spec
    if (deadlineMs !== undefined) {
      void delay(deadlineMs, undefined, { signal: this.#abort.signal }).then(
        () => this.end({ kind: 'deadline', deadlineMs }),
        () => {},
      )
    }
    void this.#execute(program).then(
      (exitCode) => this.end(this.#exited(exitCode)),
      (error: unknown) => {
        if (error instanceof MemoryExceeded) {
          this.end({ kind: 'out-of-memory', ...this.#memoryEvidence() })
          return
        }
        // A fault in the test's own program: say so where the test looks first.
        this.output.write(`The fake program threw: ${String(error)}\n`)
        this.end({ kind: 'exited', exitCode: 70 })
      },
    )
  }

  /** Ends it with that outcome, whatever it is doing. The first end counts. */
  end(outcome: Outcome): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.output.close()
    this.#outcome.resolve(outcome)
    this.#abort.abort(new Error('the process was ended'))
  }

  interrupt(level: InterruptLevel): void {
    if (this.state === 'ended' || this.interrupts.includes(level)) return
    this.interrupts.push(level)
    switch (level) {
      case 'soft':
        this.#deliver('SIGTERM')
        break
      case 'hard':
        this.#deliver('SIGQUIT')
        break
      case 'kill':
        this.end({ kind: 'signaled', signal: 'SIGKILL' })
        break
    }
  }

  usage(): ResourceUsage {
    return {
      memoryBytes: this.state === 'running' ? this.#memoryBytes : 0,
      memoryPeakBytes: this.#peakBytes,
      cpuSeconds: 0,
    }
  }

  #deliver(signal: FakeSignal): void {
    const handler = this.#traps.get(signal)
    if (handler === undefined) this.end({ kind: 'signaled', signal })
    else handler()
  }

  async #execute(program: FakeProgram): Promise<number> {
    return (await program(this.#process({ main: true }))) ?? 0
  }

  #process({ main }: { readonly main: boolean }): FakeProcess {
    const { spec } = this
    const { signal } = this.#abort
    let ownBytes = 0
    return {
      spec,
      argv: spec.argv,
      env: { PATH: '/usr/bin:/bin', ...spec.env, ...spec.secretEnv },
      directory: '/opt',
      files: this.files,
      signal,
      write: (data) => this.output.write(data),
      trap: (name, handler) => {
        if (main) this.#traps.set(name, handler)
      },
      allocate: (bytes) => {
        ownBytes += bytes
        this.#allocate(bytes)
      },
      spawn: async (program) => {
        const child = this.#process({ main: false })
        try {
          return (await program(child)) ?? 0
        } catch (error) {
          if (!(error instanceof MemoryExceeded)) throw error
          this.#memoryExceeded = this.#memoryEvidence()
          return 128 + constants.signals.SIGKILL
        } finally {
          this.#memoryBytes = baseMemoryBytes + ownBytes
        }
      },
      sleep: async (ms) => await delay(ms, undefined, { signal }),
      forever: async () =>
        await new Promise<never>((_resolve, reject) => {
          const ended = (): void => reject(new Error('the process was ended'))
          if (signal.aborted) ended()
          else signal.addEventListener('abort', ended, { once: true })
        }),
    }
  }

  #allocate(bytes: number): void {
    const limitBytes = this.spec.resources.memoryBytes
    this.#memoryBytes += bytes
    this.#peakBytes = Math.max(this.#peakBytes, Math.min(this.#memoryBytes, limitBytes ?? Infinity))
    if (limitBytes !== undefined && this.#memoryBytes > limitBytes) throw new MemoryExceeded()
  }

  #memoryEvidence(): MemoryEvidence {
    return { limitBytes: this.spec.resources.memoryBytes ?? 0, peakBytes: this.#peakBytes }
  }

  #exited(exitCode: number): Outcome {
    if (exitCode > 128 && exitCode < 160) {
      const [name] =
        Object.entries(constants.signals).find(([, number]) => number === exitCode - 128) ?? []
      return { kind: 'signaled', signal: name ?? `SIG${exitCode - 128}` }
    }
    return {
      kind: 'exited',
      exitCode,
      ...(this.#memoryExceeded === undefined ? {} : { memoryExceeded: this.#memoryExceeded }),
    }
  }
}

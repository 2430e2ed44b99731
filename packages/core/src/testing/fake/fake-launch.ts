import { ScalrAgentError } from '../../errors/index.ts'
import type { WorkloadSpec } from '../../executor/index.ts'
import type { FakeEngine } from './fake-engine.ts'
import { FakeFiles } from './fake-files.ts'
import { fakeError } from './fake-output.ts'
import type { FakeProgram, FakeStartFailure } from './fake-process.ts'
import { FakeRun } from './fake-run.ts'

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u
const startTimeout = Symbol('start time-out')

/** Launches as the contract says: idempotent by id, and either a workload or nothing. */
export async function launchFake(options: {
  readonly engine: FakeEngine
  readonly program: (spec: WorkloadSpec) => FakeProgram | FakeStartFailure
  readonly spec: WorkloadSpec
  readonly signal: AbortSignal | undefined
}): Promise<FakeRun> {
  const { engine, spec, signal } = options
  signal?.throwIfAborted()
  checkSpec(spec)
  for (;;) {
    const known = engine.runs.get(spec.id)
    if (known === undefined) break
    // Somebody else launches it: theirs is ours, unless they give up.
    if (await known.launched.promise) return known
    signal?.throwIfAborted()
  }
  for (const other of engine.runs.values()) {
    if (other.state !== 'ended' && other.spec.directory === spec.directory) {
      throw fakeError(
        'REJECTED',
        'launch',
        `Cannot launch workload \`${spec.id}\`: workload \`${other.spec.id}\` uses the job directory \`${spec.directory}\`.`,
      )
    }
  }
  const run = new FakeRun(spec)
  engine.runs.set(spec.id, run)
  try {
    await start(run, options)
    run.launched.resolve(true)
    return run
  } catch (error) {
    engine.runs.delete(spec.id)
    run.launched.resolve(false)
    throw error
  }
}

async function start(
  run: FakeRun,
  options: {
    readonly program: (spec: WorkloadSpec) => FakeProgram | FakeStartFailure
    readonly spec: WorkloadSpec
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  const { spec } = options
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(startTimeout), spec.startTimeoutMs)
  const signal = AbortSignal.any([timeout.signal, ...(options.signal ? [options.signal] : [])])
  try {
    if (spec.files !== undefined) run.files = await FakeFiles.from(spec.files(), signal)
    signal.throwIfAborted()
    const program = options.program(spec)
    if (typeof program === 'function') run.start(program)
    else run.end({ kind: 'not-started', ...program })
  } catch (error) {
    options.signal?.throwIfAborted()
    if (timeout.signal.aborted) {
      const evidence = `It did not start within ${spec.startTimeoutMs} ms (startTimeoutMs).`
      run.end({ kind: 'not-started', cause: 'start-timeout', evidence })
      return
    }
    if (ScalrAgentError.isInstance(error) && error.code !== 'INVALID_ARCHIVE') throw error
    const why = error instanceof Error ? error.message : String(error)
    throw fakeError(
      'INVALID_FILES',
      'launch',
      `Cannot lay out the files of workload \`${spec.id}\`: ${why}`,
      error,
    )
  } finally {
    clearTimeout(timer)
  }
}

function checkSpec(spec: WorkloadSpec): void {
  const { memoryBytes, cpus } = spec.resources
  const faults = [
    [!label.test(spec.id), 'its id is no RFC 1123 label'],
    [!label.test(spec.directory), 'its directory is no RFC 1123 label'],
    [spec.argv.length === 0 || spec.argv[0] === '', 'argv is empty'],
    [spec.argv.some((part) => part.includes('\0')), 'argv holds a NUL character'],
    [memoryBytes !== undefined && !(memoryBytes > 0), 'memoryBytes is not above 0'],
    [cpus !== undefined && !(cpus > 0), 'cpus is not above 0'],
    [!(spec.startTimeoutMs > 0), 'startTimeoutMs is not above 0'],
  ] as const
  for (const [isFault, why] of faults) {
    if (!isFault) continue
    throw fakeError(
      'INVALID_SPEC',
      'launch',
      `Cannot launch workload ${JSON.stringify(spec.id.slice(0, 100))}: ${why}.`,
    )
  }
}

import { Readable } from 'node:stream'

import { ExecutorError } from '../../../src/errors/index.ts'
import type { Executor, Outcome, WorkloadRef, WorkloadSpec } from '../../../src/executor/index.ts'
import { FakeEngine, FakeExecutor, kitProgram } from '../../../src/testing/index.ts'
import { wrapExecutor, wrapWorkloads } from './wrap-executor.ts'

/** An executor with one fault, and the behaviours that must notice. */
export interface BrokenExecutor {
  readonly fault: string
  readonly noticedBy: readonly string[]
  /** Whether it may be noticed by nothing ever happening. */
  readonly hangs?: boolean
  /** `real` keeps the contract. */
  readonly break: (real: FakeExecutor) => Executor
}

const success: Outcome = { kind: 'exited', exitCode: 0 }

export const brokenExecutors: readonly BrokenExecutor[] = [
  {
    fault: 'takes a vanished workload for ended well',
    noticedBy: ['lost.outcome', 'lost.another'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        wait: async (options) => {
          const outcome = await workload.wait(options)
          return outcome.kind === 'lost' ? success : outcome
        },
      })),
  },
  {
    fault: 'takes every end for a success',
    noticedBy: ['wait.exit-1', 'wait.exit-255', 'wait.no-such-program', 'interrupt.soft-default'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        wait: async (options) => {
          await workload.wait(options)
          return success
        },
      })),
  },
  {
    fault: 'reads output again from one byte too far',
    hangs: true,
    noticedBy: ['output.from-byte', 'output.from-byte-large'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        output: (fromByte, options) => workload.output(fromByte === 0 ? 0 : fromByte + 1, options),
      })),
  },
  {
    fault: 'decodes output as text on its way',
    noticedBy: ['output.binary', 'output.split-utf-8'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        output: async function* (fromByte, options) {
          for await (const chunk of workload.output(fromByte, options)) {
            // As a shell's small writes arrive at a reader that is quick enough.
            for (const byte of chunk) yield Buffer.from(Buffer.of(byte).toString('utf8'))
          }
        },
      })),
  },
  {
    fault: 'gives output only once the workload has ended',
    hangs: true,
    noticedBy: ['output.live'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        output: async function* (fromByte, options) {
          await workload.wait(options)
          yield* workload.output(fromByte, options)
        },
      })),
  },
  {
    fault: 'ends the output of a destroyed workload as if it were complete',
    noticedBy: ['destroy.output'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        output: async function* (fromByte, options) {
          try {
            yield* workload.output(fromByte, options)
          } catch (error) {
            if (!(error instanceof ExecutorError)) throw error
          }
        },
      })),
  },
  {
    fault: 'sends a second signal for a second soft interrupt',
    noticedBy: ['interrupt.soft-once', 'interrupt.soft-at-once', 'interrupt.soft-through-another'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        interrupt: async (level) => {
          const run = real.engine.runs.get(workload.id)
          run?.interrupts.splice(0)
          run?.interrupt(level)
        },
      })),
  },
  {
    fault: 'kills where it should only ask',
    noticedBy: ['interrupt.soft-trap', 'interrupt.soft-once', 'interrupt.hard-once'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        interrupt: async () => await workload.interrupt('kill'),
      })),
  },
  {
    fault: 'starts a second workload when the same id is launched twice',
    noticedBy: ['launch.idempotent', 'launch.same-id-at-once', 'launch.ended'],
    break: (real) => {
      let count = 0
      const launched = new Set<string>()
      return wrapExecutor(real, {
        launch: async (spec, options) => {
          if (!launched.has(spec.id)) {
            launched.add(spec.id)
            return await real.launch(spec, options)
          }
          count += 1
          const id = `${spec.id}-${count}`
          return await real.launch({ ...spec, id, directory: id }, options)
        },
      })
    },
  },
  {
    fault: 'leaves a workload when its launch is aborted',
    noticedBy: ['launch.aborted-half-way', 'launch.aborted-before'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) => {
          try {
            return await real.launch(spec, options)
          } catch (error) {
            if (options?.signal?.aborted === true) await real.launch(withoutFiles(spec))
            throw error
          }
        },
      }),
  },
  {
    fault: 'runs a workload though its files are refused',
    noticedBy: ['files-in.climbing', 'files-in.device', 'files-in.truncated', 'files-in.link-out'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) => {
          try {
            return await real.launch(spec, options)
          } catch (error) {
            if (!(error instanceof ExecutorError) || error.code !== 'INVALID_FILES') throw error
            return await real.launch(withoutFiles(spec), options)
          }
        },
      }),
  },
  {
    fault: 'lets two live workloads share a job directory',
    noticedBy: ['launch.directory-in-use'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) =>
          await real.launch({ ...spec, directory: spec.id }, options),
      }),
  },
  {
    fault: 'adds to the environment what it was started with',
    noticedBy: ['process.environment'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) =>
          await real.launch({ ...spec, env: { AGENT_HOME: '/home/agent', ...spec.env } }, options),
      }),
  },
  {
    fault: 'hands arguments to a shell',
    noticedBy: ['process.arguments'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) => {
          const [program, ...rest] = spec.argv
          const split = rest.flatMap((part, index) => (index < 3 ? [part] : part.split(/\s+/u)))
          return await real.launch({ ...spec, argv: [program, ...split] }, options)
        },
      }),
  },
  {
    fault: 'writes secrets into the command line',
    noticedBy: ['secrets.command-line'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) =>
          await real.launch(
            { ...spec, argv: [...spec.argv, ...Object.values(spec.secretEnv)] },
            options,
          ),
      }),
  },
  {
    fault: 'shows secrets as labels and in errors',
    noticedBy: ['secrets.list', 'secrets.errors'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) => {
          try {
            return await real.launch({ ...spec, labels: { ...spec.secretEnv } }, options)
          } catch (error) {
            throw new Error(`Cannot launch ${JSON.stringify(spec)}`, { cause: error })
          }
        },
      }),
  },
  {
    fault: "shows strangers' workloads",
    noticedBy: ['list.strangers', 'list.nobody'],
    break: (real) =>
      wrapExecutor(real, {
        list: async function* (options): AsyncGenerator<WorkloadRef> {
          for (const { spec, state } of real.engine.runs.values()) {
            yield { id: spec.id, agentId: options.agentId, labels: spec.labels, state }
          }
        },
      }),
  },
  {
    fault: 'shows only workloads that run',
    noticedBy: ['list.ended', 'list.many', 'list.reap'],
    break: (real) =>
      wrapExecutor(real, {
        list: async function* (options) {
          for await (const ref of real.list(options)) if (ref.state === 'running') yield ref
        },
      }),
  },
  {
    fault: 'throws when a workload is destroyed that is gone',
    noticedBy: ['destroy.twice'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        destroy: async () => {
          if (!real.engine.runs.has(workload.id)) {
            const options = { executor: 'fake', phase: 'destroy', code: 'ENGINE_FAILURE' } as const
            throw new ExecutorError(`Cannot destroy \`${workload.id}\`: no such workload.`, options)
          }
          await workload.destroy()
        },
      })),
  },
  {
    fault: 'forgets a destroyed workload instead of removing it',
    hangs: true,
    noticedBy: ['destroy.leaks', 'destroy.ended', 'destroy.running'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        destroy: async () => await workload.interrupt('kill'),
      })),
  },
  {
    fault: 'lets a wait that was given up kill the workload',
    noticedBy: ['wait.abort'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        wait: async (options) => {
          try {
            return await workload.wait(options)
          } catch (error) {
            await workload.interrupt('kill')
            throw error
          }
        },
      })),
  },
  {
    fault: 'gives no files of a running workload, and fails for those that are missing',
    noticedBy: ['files-out.running', 'files-out.missing'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        readFiles: async (paths) => {
          const run = real.engine.runs.get(workload.id)
          if (run?.state === 'running') return await workload.readFiles([])
          if (paths.some((path) => run?.files.get(path) === undefined)) {
            return Readable.from(
              (async function* (): AsyncGenerator<Uint8Array> {
                yield Buffer.alloc(0)
                throw new Error('no such file')
              })(),
            )
          }
          return await workload.readFiles(paths)
        },
      })),
  },
  {
    fault: 'tells a death at the memory limit as a mere signal',
    noticedBy: ['limits.memory'],
    break: (real) =>
      wrapWorkloads(real, (workload) => ({
        wait: async (options) => {
          const outcome = await workload.wait(options)
          return outcome.kind === 'out-of-memory'
            ? { kind: 'signaled', signal: 'SIGKILL' }
            : outcome
        },
      })),
  },
  {
    fault: 'knows neither deadline nor start time-out',
    hangs: true,
    noticedBy: ['limits.deadline', 'limits.start-timeout'],
    break: (real) =>
      wrapExecutor(real, {
        launch: async (spec, options) => {
          const { deadlineMs: _none, ...rest } = spec
          return await real.launch({ ...rest, startTimeoutMs: 3_600_000 }, options)
        },
      }),
  },
]

/** The options of the kit for that executor, on an engine of its own. */
export function kitOptionsOf(broken: Pick<BrokenExecutor, 'break'>) {
  const engine = new FakeEngine()
  const create = (): FakeExecutor => new FakeExecutor({ engine, program: kitProgram })
  return {
    create: () => broken.break(create()),
    vanish: async (id: string) => create().vanish(id),
    countResources: async () => engine.size,
  }
}

function withoutFiles(spec: WorkloadSpec): WorkloadSpec {
  const { files: _refused, ...rest } = spec
  return rest
}

import { ExecutorError } from '../../../src/errors/index.ts'
import type { WorkloadRef, WorkloadSpec } from '../../../src/executor/index.ts'
import type { BrokenExecutor } from './broken-executor.ts'
import { wrapExecutor } from './wrap-executor.ts'

/** Executors with one fault each in `launch` or `list`. */
export const brokenLaunches: readonly BrokenExecutor[] = [
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

function withoutFiles(spec: WorkloadSpec): WorkloadSpec {
  const { files: _refused, ...rest } = spec
  return rest
}

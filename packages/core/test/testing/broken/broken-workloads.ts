import { Readable } from 'node:stream'

import { ExecutorError } from '../../../src/errors/index.ts'
import type { Outcome } from '../../../src/executor/index.ts'
import type { BrokenExecutor } from './broken-executor.ts'
import { wrapWorkloads } from './wrap-executor.ts'

const success: Outcome = { kind: 'exited', exitCode: 0 }

/** Executors whose workloads have one fault each. */
export const brokenWorkloads: readonly BrokenExecutor[] = [
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
]

import type { Executor, Workload } from '../../../src/executor/index.ts'

/** A workload that does what `real` does, but for what is changed. */
function wrapWorkload(real: Workload, changes: Partial<Workload>): Workload {
  return {
    id: real.id,
    output: (fromByte, options) => real.output(fromByte, options),
    wait: (options) => real.wait(options),
    interrupt: (level) => real.interrupt(level),
    usage: () => real.usage(),
    readFiles: (paths) => real.readFiles(paths),
    destroy: () => real.destroy(),
    ...changes,
  }
}

/** An executor that does what `real` does, but for what is changed. */
export function wrapExecutor(real: Executor, changes: Partial<Executor>): Executor {
  return {
    name: real.name,
    capabilities: real.capabilities,
    check: (options) => real.check(options),
    launch: (spec, options) => real.launch(spec, options),
    attach: (id, options) => real.attach(id, options),
    list: (options) => real.list(options),
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
    ...changes,
  }
}

/** As {@link wrapExecutor}, for a change of every workload that it gives. */
export function wrapWorkloads(
  real: Executor,
  change: (workload: Workload) => Partial<Workload>,
): Executor {
  const wrap = (workload: Workload): Workload => wrapWorkload(workload, change(workload))
  return wrapExecutor(real, {
    launch: async (spec, options) => wrap(await real.launch(spec, options)),
    attach: async (id, options) => {
      const workload = await real.attach(id, options)
      return workload && wrap(workload)
    },
  })
}

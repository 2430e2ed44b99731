import type { WorkloadSpec } from '../../../executor/index.ts'
import type { FakeProcess, FakeProgram } from '../../fake/fake-process.ts'

/**
 * A program that behaviours run, in two forms that do the same: a POSIX shell script for real engines
 * (dash, busybox ash, bash; small tools only) and code for the `FakeExecutor`.
 */
export interface KitProgram {
  readonly name: string
  /** Run as `/bin/sh -c <script> kit <parameters…>`. */
  readonly script: string
  fake(process: FakeProcess, parameters: readonly string[]): ReturnType<FakeProgram>
}

/** The in-memory form of what the spec would run, for a `FakeExecutor` that the kit is run against. */
export function fakeFormOf(programs: readonly KitProgram[], spec: WorkloadSpec): FakeProgram {
  const [shell, option, script, , ...parameters] = spec.argv
  if (shell === '/bin/sh' && option === '-c') {
    const program = programs.find((known) => known.script === script)
    if (program !== undefined) return async (process) => await program.fake(process, parameters)
  }
  if (shell === 'env') return printEnvironment
  return (process) => {
    process.write(`${spec.argv[0]}: not found\n`)
    return 127
  }
}

function printEnvironment({ env, write }: FakeProcess): void {
  for (const [name, value] of Object.entries(env)) write(`${name}=${value}\n`)
}

import type { WorkloadSpec } from '../../../executor/index.ts'
import type { FakeProgram } from '../../fake/fake-process.ts'
import * as inside from './inside-programs.ts'
import { fakeFormOf, type KitProgram } from './kit-program.ts'
import { bothStreams, drip, exitWith, flood, print } from './output-programs.ts'
import * as resources from './resource-programs.ts'
import * as signals from './signal-programs.ts'

/** Every program that behaviours run. */
const kitPrograms: readonly KitProgram[] = [
  print,
  bothStreams,
  flood,
  drip,
  exitWith,
  ...Object.values(inside),
  ...Object.values(signals),
  ...Object.values(resources),
]

/**
 * What a `FakeExecutor` runs when the conformance kit is run against it: the in-memory form of the
 * kit's programs.
 */
export function kitProgram(spec: WorkloadSpec): FakeProgram {
  return fakeFormOf(kitPrograms, spec)
}

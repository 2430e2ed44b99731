import type { ToolLocation } from '../../caches/index.ts'
import type { JobSpec } from '../../protocol/index.ts'
import type { JobHooks } from '../hooks.ts'
import type { FileVariable } from '../terraform-variables.ts'

/** What the script of a plan or apply is made of. No secret among it. */
export interface JobScriptOptions {
  readonly phase: 'plan' | 'apply'
  readonly tool: {
    readonly name: 'terraform' | 'tofu'
    readonly location: ToolLocation
  }
  /** Where the tool is run by Terragrunt. */
  readonly terragrunt?: TerragruntOptions | undefined
  /** Below the configuration's root, empty for the root. */
  readonly workingDirectory: string
  readonly varFiles: readonly string[]
  readonly run: Pick<
    JobSpec['run'],
    'isDestroy' | 'refresh' | 'refreshOnly' | 'targets' | 'replacements'
  >
  readonly hooks: JobHooks
  /** Variables whose values may have to go by a file, as the environment holds them for the script. */
  readonly fileVariables?: readonly FileVariable[] | undefined
  /** Whether `data/cli.tfrc.in` is among the files of the job. */
  readonly hasCliConfig?: boolean | undefined
  /** Lines for the console, at the start of `init`. */
  readonly notes?: readonly string[] | undefined
  /** @default the tool's own, 10 */
  readonly parallelism?: number | undefined
}

/** How Terragrunt runs the tool. */
export interface TerragruntOptions {
  readonly location: ToolLocation
  /** All units below the working directory, each with the backend that it has itself. */
  readonly runAll: boolean
}

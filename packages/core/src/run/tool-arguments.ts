import { posix } from 'node:path'

import { ConfigurationError } from '../errors/index.ts'
import type { JobSpec } from '../protocol/index.ts'

/** What decides the arguments of `plan`. */
export interface PlanArgumentsOptions {
  readonly run: Pick<
    JobSpec['run'],
    'isDestroy' | 'refresh' | 'refreshOnly' | 'targets' | 'replacements'
  >
  /** How many operations the tool runs at once; its own default where absent. */
  readonly parallelism?: number | undefined
}

/**
 * Arguments of `plan` after `-input=false -no-color -out=…`. `-detailed-exitcode` tells changes
 * (2) from none (0).
 */
export function planArguments(options: PlanArgumentsOptions): readonly string[] {
  const { run } = options
  return [
    '-detailed-exitcode',
    ...(run.isDestroy ? ['-destroy'] : []),
    // The two exclude each other: a plan that only refreshes cannot skip it.
    ...(run.refreshOnly ? ['-refresh-only'] : run.refresh ? [] : ['-refresh=false']),
    ...run.targets.map((target) => `-target=${target}`),
    ...run.replacements.map((address) => `-replace=${address}`),
    ...parallelismArguments(options.parallelism),
  ]
}

export interface VarFilesOptions {
  /** Relative to the working directory. */
  readonly varFiles: readonly string[]
  /** As {@link normalizeWorkingDirectory} gives it. */
  readonly workingDirectory: string
}

/** @throws {@link ConfigurationError} for a file outside of the configuration. */
export function checkedVarFiles(options: VarFilesOptions): readonly string[] {
  return options.varFiles.map((file) => checkVarFile(file, options.workingDirectory))
}

export function parallelismArguments(parallelism: number | undefined): readonly string[] {
  return parallelism === undefined ? [] : [`-parallelism=${parallelism}`]
}

/**
 * The working directory below the configuration's root, empty for the root. A leading `/` is the
 * configuration's root, as Scalr takes it.
 *
 * @throws {@link ConfigurationError} when it leaves the configuration.
 */
export function normalizeWorkingDirectory(workingDirectory: string): string {
  const path = posix
    .normalize(workingDirectory.trim().replace(/^\/+/u, '') || '.')
    .replace(/\/$/u, '')
  if (path === '..' || path.startsWith('../') || /[\0\n]/u.test(path)) {
    throw new ConfigurationError(
      `Cannot use the working directory ${JSON.stringify(workingDirectory)}: it leaves the configuration. Set a path below the configuration's root.`,
    )
  }
  return path === '.' ? '' : path
}

function checkVarFile(file: string, workingDirectory: string): string {
  const resolved = posix.join(workingDirectory, file)
  if (
    file === '' ||
    file.includes('\0') ||
    file.startsWith('/') ||
    /^\.\.(?:\/|$)/u.test(resolved)
  ) {
    throw new ConfigurationError(
      `Cannot use the variables file ${JSON.stringify(file)}: it leaves the configuration. Give a path relative to the working directory.`,
    )
  }
  return file
}

import { jobScriptRuntime } from './job-script-runtime.ts'
import { hookFunctions } from './script/hook-functions.ts'
import { hookStage } from './script/hook-stage.ts'
import { initStage } from './script/init-stage.ts'
import type { JobScriptOptions } from './script/job-script-options.ts'
import { applyStages, planStages } from './script/phase-stages.ts'
import { prepareStage } from './script/prepare-stage.ts'
import { variableFileFunctions } from './script/variable-file.ts'
import { jobLayout } from './job-layout.ts'

/** How the script is started, in the job directory. */
export const jobScriptArgv = ['/bin/sh', jobLayout.script] as const

/**
 * The POSIX-sh script that runs one job on every executor: dash, busybox ash or bash. Pure. It holds
 * no secret and no nonce, so it may lie on disk; what is secret comes by environment.
 *
 * - Soft interrupt: SIGTERM to the script. Hard: SIGQUIT.
 * - The post hook of a phase runs also when the phase failed. After an interrupt the post-plan hook is
 *   skipped, since nothing was changed and an end was asked for; the post-apply hook still runs after a
 *   soft one, since things were changed and it is where people release what they hold. After a hard
 *   one none runs.
 */
export function createJobScript(options: JobScriptOptions): string {
  const hasHooks = Object.values(options.hooks).some((hooks) => hooks.length > 0)
  return [
    '#!/bin/sh',
    `# Runs the ${options.phase} of one run. Made by @scalr-agent/core.`,
    jobScriptRuntime,
    ...(hasHooks ? [hookFunctions] : []),
    variableFileFunctions(options),
    prepareStage(options),
    hookStage('pre-init', 'init', options.hooks),
    initStage(options),
    options.phase === 'plan' ? planStages(options) : applyStages(options),
    'job_finish\n',
  ].join('\n')
}

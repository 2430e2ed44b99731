import type { HookStage } from '../../protocol/index.ts'
import type { HookCommand, JobHooks } from '../hooks.ts'
import { shellQuote } from '../shell-quote.ts'

/** Hooks before `init` or the phase: one that fails ends the job. */
export function hookStage(
  stage: HookStage,
  operation: 'init' | 'plan' | 'apply',
  hooks: JobHooks,
): string {
  const commands = hooks[stage] ?? []
  if (commands.length === 0) return ''
  return `if job_may_go_on; then
  job_begin ${stage}
  SCALR_TERRAFORM_OPERATION=${operation}
  export SCALR_TERRAFORM_OPERATION
${commands.map(hookLine).join('\n')}
  job_end
fi
`
}

/** Hooks after the phase: they run also when it failed, and learn so. */
export function postHookStage(
  stage: HookStage,
  operation: 'plan' | 'apply',
  hooks: JobHooks,
): string {
  const commands = hooks[stage] ?? []
  if (commands.length === 0) return ''
  return `if [ -n "$job_begun" ] && [ "$job_wanted" -le "$job_allowed" ]; then
  job_begin ${stage}
  SCALR_TERRAFORM_OPERATION=${operation} SCALR_TERRAFORM_EXIT_CODE=0
  [ "$job_result" -eq 0 ] || SCALR_TERRAFORM_EXIT_CODE=1
  export SCALR_TERRAFORM_OPERATION SCALR_TERRAFORM_EXIT_CODE
${commands.map(hookLine).join('\n')}
  job_end
fi
`
}

function hookLine(hook: HookCommand): string {
  const words = (): readonly string[] => {
    switch (hook.level) {
      case 'agent':
        return ['job_agent_hook', hook.shown, hook.file, ...hook.interpreters]
      case 'registry':
        return ['job_registry_hook', hook.shown, hook.directory, hook.script, ...hook.interpreter]
      case 'workspace':
        return ['job_workspace_hook', hook.shown]
    }
  }
  return `  ${words().map(shellQuote).join(' ')}`
}

import type { HookStage, JobSpec } from '../protocol/index.ts'

/** Where a hook comes from. Hooks of one stage run in this order. */
const hookLevels = ['agent', 'registry', 'workspace'] as const
export type HookLevel = (typeof hookLevels)[number]

/** A file of the agent's hooks directory; its name is the stage. */
export interface AgentHook {
  readonly stage: HookStage
  /** Where it was read from, for people. */
  readonly path: string
  readonly content: Uint8Array
  readonly executable: boolean
}

/** One hook, ready to be run in the working directory of the configuration. */
export interface HookCommand {
  readonly level: HookLevel
  /** What the log shows after `~$`. */
  readonly shown: string
  /** Program and arguments. Never a secret: they are visible to every process of the machine. */
  readonly argv: readonly [string, ...string[]]
  /** Variables for this hook alone. */
  readonly env?: Readonly<Record<string, string>>
}

export type JobHooks = Readonly<Partial<Record<HookStage, readonly HookCommand[]>>>

/** The hooks of the workspace: command strings for `/bin/sh`. Blank ones are none. */
export function workspaceHooks(workspace: JobSpec['workspace']): JobHooks {
  const { hooks } = workspace
  return {
    'pre-init': fromCommand(hooks.preInit),
    'pre-plan': fromCommand(hooks.prePlan),
    'post-plan': fromCommand(hooks.postPlan),
    'pre-apply': fromCommand(hooks.preApply),
    'post-apply': fromCommand(hooks.postApply),
  }
}

function fromCommand(command: string | null): readonly HookCommand[] {
  if (command === null || command.trim() === '') return []
  return [{ level: 'workspace', shown: command, argv: ['/bin/sh', '-c', command] }]
}

/** The hooks of one stage, in the order of their levels. */
export function orderHooks(hooks: readonly HookCommand[]): readonly HookCommand[] {
  return hookLevels.flatMap((level) => hooks.filter((hook) => hook.level === level))
}

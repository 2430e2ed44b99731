import { posix } from 'node:path'

import { ConfigurationError } from '../errors/index.ts'
import type { HookStage, JobSpec, RegistryHook } from '../protocol/index.ts'
import { jobLayout } from './job-layout.ts'

/** A file of the agent's hooks directory; its name is the stage. */
export interface AgentHook {
  readonly stage: HookStage
  /** Where it was read from, for people. */
  readonly path: string
  readonly content: Uint8Array
  readonly executable: boolean
}

/** One hook, ready to be run in the working directory of the configuration. Holds no secret. */
export type HookCommand =
  | {
      readonly level: 'agent'
      /** What the log shows after `~$`. */
      readonly shown: string
      /** The program, below the job directory. */
      readonly file: string
      /** What its first line asks for: the program, and what `env` would look up. */
      readonly interpreters: readonly string[]
    }
  | {
      readonly level: 'registry'
      readonly shown: string
      /** `SCALR_HOOK_DIR`, below the job directory. */
      readonly directory: string
      /** Relative to the directory. */
      readonly script: string
      readonly interpreter: readonly [string, ...string[]]
    }
  | {
      readonly level: 'workspace'
      /** For `/bin/sh`. */
      readonly shown: string
    }

/** Hooks by stage, in the order in which they run. */
export type JobHooks = Readonly<Partial<Record<HookStage, readonly HookCommand[]>>>

/** The stages of a phase at which hooks run. */
export const hookStages = {
  plan: ['pre-init', 'pre-plan', 'post-plan'],
  apply: ['pre-init', 'pre-apply', 'post-apply'],
} as const satisfies Record<string, readonly HookStage[]>

export interface JobHooksOptions {
  readonly phase: keyof typeof hookStages
  readonly agentHooks: readonly AgentHook[]
  readonly spec: Pick<JobSpec, 'registryHooks' | 'workspace'>
}

/**
 * Every hook of a phase: of each stage first the agent's, then the registry's, then the workspace's.
 *
 * @throws {@link ConfigurationError} for a hook that cannot be run. That is before anything was run: an
 * apply does not begin when its post hook is broken.
 */
export function createJobHooks(options: JobHooksOptions): JobHooks {
  const { agentHooks, spec } = options
  return Object.fromEntries(
    hookStages[options.phase].map((stage) => [
      stage,
      [
        ...agentHooks.filter((hook) => hook.stage === stage).map(agentCommand),
        ...spec.registryHooks.filter((hook) => hook.stage === stage).map(registryCommand),
        ...workspaceCommands(spec.workspace.hooks, stage),
      ],
    ]),
  )
}

function agentCommand(hook: AgentHook): HookCommand {
  return {
    level: 'agent',
    shown: hook.path,
    file: agentHookFile(hook.stage),
    interpreters: interpretersOf(hook),
  }
}

/** Where a hook of the agent lies in the job directory. */
export function agentHookFile(stage: HookStage): string {
  return `${jobLayout.agentHooks}/${stage}`
}

function interpretersOf(hook: AgentHook): readonly string[] {
  const refuse = (why: string): ConfigurationError =>
    new ConfigurationError(`Cannot run the ${hook.stage} hook of the agent '${hook.path}': ${why}`)
  if (!hook.executable) {
    throw refuse('the file is not executable. Make it so with `chmod +x`.')
  }
  const start = Buffer.from(hook.content.subarray(0, 4096)).toString('latin1')
  if (start.startsWith('\u007FELF')) return []
  const line = start.slice(0, `${start}\n`.indexOf('\n'))
  if (line.endsWith('\r')) {
    throw refuse(
      'its lines end with CR LF, and no program has a name that ends with CR. Save it with LF line endings.',
    )
  }
  const words = /^#![ \t]*(?<words>.*)$/u.exec(line)?.groups?.['words']?.split(/[ \t]+/u) ?? []
  const [program = '', argument = ''] = words
  if (program === '') {
    throw refuse(
      'its first line does not say which program runs it. Begin it with `#!/bin/sh` or the like.',
    )
  }
  const looksUp = posix.basename(program) === 'env' && /^[^-=][^=]*$/u.test(argument)
  return looksUp ? [program, argument] : [program]
}

function registryCommand(hook: RegistryHook): HookCommand {
  const [program, ...rest] = hook.interpreter.trim().split(/\s+/u)
  const script = posix.normalize(hook.scriptPath.trim().replace(/^\/+/u, '') || '.')
  const refuse = (why: string): ConfigurationError =>
    new ConfigurationError(
      `Cannot run the ${hook.stage} hook '${hook.name}' of the registry: ${why}`,
    )
  if (program === undefined || program === '') {
    throw refuse('it has no interpreter. Set one in the hook, for example `bash`.')
  }
  if (script === '.' || /^\.\.(?:\/|$)/u.test(script) || /[\0\n]/u.test(script)) {
    throw refuse(
      `the script ${JSON.stringify(hook.scriptPath)} is no file of its archive. Set a path below the root of the hook's repository.`,
    )
  }
  return {
    level: 'registry',
    shown: [program, ...rest, script].join(' '),
    directory: registryHookDirectory(hook),
    script,
    interpreter: [program, ...rest],
  }
}

/** Where a hook of the registry is unpacked to, in the job directory. */
export function registryHookDirectory(hook: RegistryHook): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/u.test(hook.id)) {
    throw new ConfigurationError(
      `Cannot unpack the ${hook.stage} hook '${hook.name}' of the registry: its id ${JSON.stringify(hook.id)} is no name of a directory.`,
    )
  }
  return `${jobLayout.data}/hook-${hook.id}`
}

function workspaceCommands(
  hooks: JobSpec['workspace']['hooks'],
  stage: HookStage,
): readonly HookCommand[] {
  const commands: Record<HookStage, string | null> = {
    'pre-init': hooks.preInit,
    'pre-plan': hooks.prePlan,
    'post-plan': hooks.postPlan,
    'pre-apply': hooks.preApply,
    'post-apply': hooks.postApply,
  }
  const command = commands[stage]
  return command === null || command.trim() === '' ? [] : [{ level: 'workspace', shown: command }]
}

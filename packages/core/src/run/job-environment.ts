import { ConfigurationError } from '../errors/index.ts'
import type { JobSpec } from '../protocol/index.ts'
import { changesShells, runVariableNames } from './reserved-names.ts'
import { maxVariableBytes, terraformVariables, type FileVariable } from './terraform-variables.ts'

/** Proxies that are handed on to the workload. A URL with a password is kept secret. */
export interface WorkloadProxy {
  readonly httpProxy?: string | undefined
  readonly httpsProxy?: string | undefined
  readonly noProxy?: string | undefined
}

export interface JobEnvironmentOptions {
  readonly spec: JobSpec
  /** Where the workload reaches the control plane. */
  readonly workloadUrl: string
  /** `PATH` inside the workload; the executor's default where absent. */
  readonly path?: string | undefined
  readonly proxy?: WorkloadProxy | undefined
  /** Secret variables that the caches add, such as tokens of mirrors. */
  readonly prepared?: Readonly<Record<string, string>> | undefined
}

export interface JobEnvironment {
  /** Variables for the job script to hand over, of those in `secretEnv`. */
  readonly fileVariables: readonly FileVariable[]
  readonly env: Readonly<Record<string, string>>
  readonly secretEnv: Readonly<Record<string, string>>
}

/** All of the environment together: Linux takes 2 MiB with the arguments, unless the stack is smaller. */
const maxEnvironmentBytes = 1536 * 1024

/**
 * A state write survives this long without a control plane: waits of 1, 2, 4, 8, 16 s and then 30 s
 * each, 34 in all, are 15 minutes.
 */
const stateRetries = {
  TF_HTTP_RETRY_MAX: '34',
  TF_HTTP_RETRY_WAIT_MIN: '1',
  TF_HTTP_RETRY_WAIT_MAX: '30',
} as const

/**
 * The whole environment of a job, but for what only the job script knows since it depends on where it
 * runs: `HOME`, `TMPDIR`, `SCALR_RUN_CONTENT_ROOT`, `SCALR_AGENT_ENV`, `SSL_CERT_FILE`,
 * `TF_CLI_CONFIG_FILE`, and what changes from stage to stage (`SCALR_TERRAFORM_OPERATION`,
 * `SCALR_TERRAFORM_EXIT_CODE`, `SCALR_HOOK_DIR`). Nothing of the agent's own environment is in it.
 *
 * Shell variables of the workspace may set anything but what the run itself needs (`TF_HTTP_*` and the
 * facts of the run in `SCALR_*`, which win). `SCALR_TOKEN` and `SCALR_HOSTNAME` are read by the Scalr
 * provider, and so are the workspace's to set. Every `SCALR_*` fact is there as `TF_VAR_SCALR_*` too, as it was in the plan.
 *
 * @throws {@link ConfigurationError} for a variable that cannot be handed to a program.
 */
export function createJobEnvironment(options: JobEnvironmentOptions): JobEnvironment {
  const { spec } = options
  const env = new Map<string, string>(Object.entries(defaultVariables(options)))
  const secretEnv = new Map<string, string>()
  const put = (name: string, value: string, secret: boolean): void => {
    // The last one wins, and a name is in one of the two only.
    env.delete(name)
    secretEnv.delete(name)
    ;(secret ? secretEnv : env).set(name, value)
  }
  const facts = runFacts(spec)

  // Units have backends of their own, so the run's token is not for them.
  const isRunAll = spec.workspace.terragrunt?.useRunAll === true
  if (!isRunAll) put('SCALR_TOKEN', spec.runToken, true)
  const registryToken = registryTokenVariable(options.workloadUrl)
  if (!isRunAll && registryToken !== undefined) put(registryToken, spec.runToken, true)
  const { SCALR_HOSTNAME = '' } = Object.fromEntries(env)
  // OpenTofu applies a plan with the values that it was made with, and no others.
  const ofPlan = { ...facts, SCALR_HOSTNAME, SCALR_RUN_PHASE: 'plan' }
  for (const [name, value] of Object.entries(ofPlan)) {
    put(`TF_VAR_${name}`, value, false)
  }
  for (const [name, value] of proxyVariables(options.proxy)) put(name, value, hasUserInfo(value))
  for (const [name, value] of Object.entries(options.prepared ?? {})) put(name, value, true)
  for (const { category, key, value, sensitive } of spec.variables) {
    if (category !== 'shell') continue
    assertShellVariable(key, value)
    if (!runVariableNames.some((name) => name === key)) put(key, value, sensitive)
  }
  const { environment, chunks, files } = terraformVariables(spec.variables)
  for (const { name, value, sensitive } of environment) put(name, value, sensitive)
  // The saved plan of Terraform holds all that an apply needs.
  const isHandedOver =
    !isRunAll && (spec.phase === 'plan' || spec.workspace.iacPlatform === 'opentofu')
  if (isRunAll) assertEnvironmentOnly(files)
  if (isHandedOver) for (const [name, value] of Object.entries(chunks)) put(name, value, true)
  for (const [name, value] of Object.entries(facts)) put(name, value, false)
  const state = isRunAll ? automationVariables : stateVariables(options)
  for (const [name, value] of Object.entries(state)) put(name, value, false)
  if (!isRunAll) put('TF_HTTP_PASSWORD', spec.runToken, true)

  assertSize([...env, ...secretEnv])
  return {
    env: Object.fromEntries(env),
    secretEnv: Object.fromEntries(secretEnv),
    fileVariables: isHandedOver ? files : [],
  }
}

/** What a shell variable of the workspace may change. */
function defaultVariables({ path, workloadUrl }: JobEnvironmentOptions): Record<string, string> {
  return {
    ...(path === undefined ? {} : { PATH: path }),
    CHECKPOINT_DISABLE: '1',
    // Nobody is there to answer when a module's repository asks for a password.
    GIT_TERMINAL_PROMPT: '0',
    SCALR_HOSTNAME: new URL(workloadUrl).host,
  }
}

/** Modules may come from the control plane's own registry. No variable can name a host with a port. */
function registryTokenVariable(workloadUrl: string): string | undefined {
  const { protocol, port, hostname } = new URL(workloadUrl)
  if (protocol !== 'https:' || port !== '' || !/^[a-z0-9.-]+$/u.test(hostname)) return undefined
  return `TF_TOKEN_${hostname.replaceAll('-', '__').replaceAll('.', '_')}`
}

const automationVariables = { TF_IN_AUTOMATION: '1', TF_INPUT: '0' } as const

function stateVariables({ spec, workloadUrl }: JobEnvironmentOptions): Record<string, string> {
  const state = `${new URL(workloadUrl).href.replace(/\/$/u, '')}${spec.statePath}`
  return {
    ...automationVariables,
    TF_HTTP_ADDRESS: state,
    TF_HTTP_LOCK_ADDRESS: state,
    TF_HTTP_UNLOCK_ADDRESS: state,
    TF_HTTP_UPDATE_METHOD: 'POST',
    TF_HTTP_LOCK_METHOD: 'LOCK',
    TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
    TF_HTTP_USERNAME: 'run',
    ...stateRetries,
  }
}

function runFacts({
  run,
  workspace,
  environment,
  account,
  phase,
}: JobSpec): Record<string, string> {
  return {
    SCALR_RUN_ID: run.id,
    SCALR_RUN_PHASE: phase,
    SCALR_RUN_IS_DESTROY: run.isDestroy ? '1' : '0',
    SCALR_RUN_MODE: runMode(run),
    SCALR_RUN_SOURCE: run.source,
    SCALR_RUN_VCS_BRANCH: run.vcs?.branch ?? '',
    SCALR_RUN_VCS_COMMIT: run.vcs?.commit ?? '',
    SCALR_WORKSPACE_ID: workspace.id,
    SCALR_WORKSPACE_NAME: workspace.name,
    SCALR_ENVIRONMENT_ID: environment.id,
    SCALR_ENVIRONMENT_NAME: environment.name,
    SCALR_ACCOUNT_ID: account.id,
    SCALR_IAC_PLATFORM: workspace.iacPlatform,
  }
}

function runMode(run: JobSpec['run']): 'apply' | 'dry' | 'refresh' | 'skip_refresh' {
  if (run.isDry) return 'dry'
  if (run.refreshOnly) return 'refresh'
  return run.refresh ? 'apply' : 'skip_refresh'
}

function proxyVariables(proxy: WorkloadProxy | undefined): readonly (readonly [string, string])[] {
  const values = [
    ['HTTP_PROXY', proxy?.httpProxy],
    ['HTTPS_PROXY', proxy?.httpsProxy],
    ['NO_PROXY', proxy?.noProxy],
  ] as const
  // Some programs read the one form only, some the other.
  return values.flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [[name, value] as const, [name.toLowerCase(), value] as const],
  )
}

function hasUserInfo(value: string): boolean {
  return value.includes('@')
}

function assertShellVariable(name: string, value: string): void {
  const refuse = (why: string): ConfigurationError =>
    new ConfigurationError(`Cannot hand the variable ${JSON.stringify(name)} to the job: ${why}`)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) {
    throw refuse(
      "its name cannot be an environment variable. Use letters, digits and '_' only, and no digit first.",
    )
  }
  if (changesShells.some((own) => own === name)) {
    throw refuse(
      'the shell that runs the job takes it for itself. Set it in the hook that needs it.',
    )
  }
  if (value.includes('\0')) {
    throw refuse('its value holds a NUL byte. Encode it, for example as base64.')
  }
  const bytes = Buffer.byteLength(name) + 1 + Buffer.byteLength(value)
  if (bytes > maxVariableBytes) {
    throw refuse(
      `it has ${bytes} bytes, and the system allows ${maxVariableBytes}. Put the value into a file of the configuration.`,
    )
  }
}

/** The FIFO of the other variables has one reader, and units are many. */
function assertEnvironmentOnly(variables: readonly FileVariable[]): void {
  const refused = variables.find(({ when }) => when === 'always')
  if (refused === undefined) return
  throw new ConfigurationError(
    `Cannot hand the variable ${JSON.stringify(refused.name)} to the units of Terragrunt's run-all: it cannot be an environment variable, by its name or its length. Rename it with letters, digits and '_', or put its value into a file of the configuration.`,
  )
}

/** Beside the length of each, a system limits that of all together. */
function assertSize(variables: readonly (readonly [string, string])[]): void {
  let bytes = 0
  for (const [name, value] of variables) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2
  }
  if (bytes > maxEnvironmentBytes) {
    throw new ConfigurationError(
      `Cannot hand the variables of the workspace to the job: they come to ${bytes} bytes in all, and ${maxEnvironmentBytes} can be handed over. Put the longest into a file of the configuration.`,
    )
  }
}

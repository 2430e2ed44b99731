import { ConfigurationError } from '../errors/index.ts'
import type { JobSpec } from '../protocol/index.ts'

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
  readonly env: Readonly<Record<string, string>>
  readonly secretEnv: Readonly<Record<string, string>>
}

/** Linux refuses to start a program with a longer `NAME=value`, its NUL included. */
const maxVariableBytes = 128 * 1024 - 1

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
 * The whole environment of a job. Nothing of the agent's own environment is in it.
 *
 * Terraform variables go by `TF_VAR_<name>`, the one way that keeps a sensitive value out of argv and
 * off the disk. Terraform ranks these below `terraform.tfvars`, `*.auto.tfvars` and `-var-file`, takes
 * them literally for variables of a string, number, bool or no type, and parses HCL for all others.
 *
 * Shell variables of the workspace may set anything but what the run itself needs (`TF_HTTP_*`,
 * `SCALR_*` and the like, which win). `HOME`, `TMPDIR`, `SCALR_RUN_CONTENT_ROOT` and
 * `SCALR_TERRAFORM_OPERATION` are set by the job script, since only it knows where it runs.
 *
 * @throws {@link ConfigurationError} for a variable that cannot be handed to a program.
 */
export function createJobEnvironment(options: JobEnvironmentOptions): JobEnvironment {
  const { spec } = options
  const env = new Map<string, string>(Object.entries(defaultVariables(options.path)))
  const secretEnv = new Map<string, string>()
  const put = (name: string, value: string, secret: boolean): void => {
    assertVariable(name, value)
    // The last one wins, and a name is in one of the two only.
    env.delete(name)
    secretEnv.delete(name)
    ;(secret ? secretEnv : env).set(name, value)
  }

  for (const [name, value] of proxyVariables(options.proxy)) put(name, value, hasUserInfo(value))
  for (const [name, value] of Object.entries(options.prepared ?? {})) put(name, value, true)
  for (const variable of spec.variables) {
    if (variable.category === 'shell') put(variable.key, variable.value, variable.sensitive)
  }
  for (const variable of spec.variables) {
    if (variable.category === 'terraform') {
      put(`TF_VAR_${variable.key}`, variable.value, variable.sensitive)
    }
  }
  for (const [name, value] of Object.entries(runVariables(options))) put(name, value, false)
  put('TF_HTTP_PASSWORD', spec.runToken, true)

  return { env: Object.fromEntries(env), secretEnv: Object.fromEntries(secretEnv) }
}

/** What a shell variable of the workspace may change. */
function defaultVariables(path: string | undefined): Record<string, string> {
  return {
    ...(path === undefined ? {} : { PATH: path }),
    CHECKPOINT_DISABLE: '1',
    // Nobody is there to answer when a module's repository asks for a password.
    GIT_TERMINAL_PROMPT: '0',
  }
}

function runVariables({ spec, workloadUrl }: JobEnvironmentOptions): Record<string, string> {
  const { run, workspace, environment } = spec
  const url = new URL(workloadUrl)
  const state = `${url.href.replace(/\/$/u, '')}${spec.statePath}`
  return {
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    TF_HTTP_ADDRESS: state,
    TF_HTTP_LOCK_ADDRESS: state,
    TF_HTTP_UNLOCK_ADDRESS: state,
    TF_HTTP_UPDATE_METHOD: 'POST',
    TF_HTTP_LOCK_METHOD: 'LOCK',
    TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
    TF_HTTP_USERNAME: 'run',
    ...stateRetries,
    SCALR_HOSTNAME: url.host,
    SCALR_RUN_ID: run.id,
    SCALR_RUN_PHASE: spec.phase,
    SCALR_RUN_IS_DESTROY: run.isDestroy ? '1' : '0',
    SCALR_RUN_MODE: runMode(run),
    SCALR_RUN_SOURCE: run.source,
    SCALR_RUN_VCS_BRANCH: run.vcs?.branch ?? '',
    SCALR_RUN_VCS_COMMIT: run.vcs?.commit ?? '',
    SCALR_WORKSPACE_ID: workspace.id,
    SCALR_WORKSPACE_NAME: workspace.name,
    SCALR_ENVIRONMENT_ID: environment.id,
    SCALR_ENVIRONMENT_NAME: environment.name,
    SCALR_ACCOUNT_ID: spec.account.id,
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

function assertVariable(name: string, value: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) {
    const shown = JSON.stringify(name.replace(/^TF_VAR_/u, ''))
    throw new ConfigurationError(
      `Cannot hand the variable ${shown} to the job: its name cannot be an environment variable. Use letters, digits and '_' only, and no digit first.`,
    )
  }
  if (value.includes('\0')) {
    throw new ConfigurationError(
      `Cannot hand the variable ${JSON.stringify(name)} to the job: its value holds a NUL byte. Encode it, for example as base64.`,
    )
  }
  const bytes = Buffer.byteLength(name) + 1 + Buffer.byteLength(value)
  if (bytes > maxVariableBytes) {
    throw new ConfigurationError(
      `Cannot hand the variable ${JSON.stringify(name)} to the job: it has ${bytes} bytes, and the system allows ${maxVariableBytes}. Put the value into a file of the configuration.`,
    )
  }
}

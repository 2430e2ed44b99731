/** Facts of the run, which neither a workspace nor a hook may change. */
export const runVariableNames = [
  'SCALR_RUN_ID',
  'SCALR_RUN_PHASE',
  'SCALR_RUN_IS_DESTROY',
  'SCALR_RUN_MODE',
  'SCALR_RUN_SOURCE',
  'SCALR_RUN_VCS_BRANCH',
  'SCALR_RUN_VCS_COMMIT',
  'SCALR_RUN_CONTENT_ROOT',
  'SCALR_WORKSPACE_ID',
  'SCALR_WORKSPACE_NAME',
  'SCALR_ENVIRONMENT_ID',
  'SCALR_ENVIRONMENT_NAME',
  'SCALR_ACCOUNT_ID',
  'SCALR_IAC_PLATFORM',
  'SCALR_TERRAFORM_OPERATION',
  'SCALR_TERRAFORM_EXIT_CODE',
  'SCALR_AGENT_ENV',
  'SCALR_HOOK_DIR',
] as const

/** Names that mean something to the shell that runs the job script: changed, it would run differently. */
export const reservedByShells = [
  'IFS',
  'OPTARG',
  'OPTIND',
  'PPID',
  'PS4',
  'PWD',
  'OLDPWD',
  'LINENO',
  'UID',
  'EUID',
  'GROUPS',
  'DIRSTACK',
  'FUNCNAME',
  'FUNCNEST',
  'RANDOM',
  'SRANDOM',
  'SECONDS',
  'TMOUT',
  'POSIXLY_CORRECT',
  'SHELLOPTS',
  'BASH*',
] as const

/** Those that a shell takes from its environment when it starts, and then prints or evaluates more than it should. */
export const changesShells = ['SHELLOPTS', 'BASHOPTS', 'PS4'] as const

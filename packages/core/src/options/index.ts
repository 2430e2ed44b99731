export {
  resolveAgentOptions,
  type AgentOptions,
  type ResolvedAgentOptions,
  type StopAction,
} from './agent-options.ts'
export {
  daemonFromEnv,
  optionsFromEnv,
  type AgentEnvironmentOptions,
  type DaemonEnvironment,
} from './from-env.ts'

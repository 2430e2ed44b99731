export {
  resolveAgentOptions,
  type AgentOptions,
  type ResolvedAgentOptions,
  type StopAction,
} from './agent-options.ts'
export { type AgentEnvironmentOptions } from './environment-variable.ts'
export { daemonFromEnv, optionsFromEnv, type DaemonEnvironment } from './from-env.ts'

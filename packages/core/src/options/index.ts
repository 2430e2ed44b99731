export {
  agentOptionsSchema,
  resolveAgentOptions,
  stopActionSchema,
  type AgentOptions,
  type ResolvedAgentOptions,
  type StopAction,
} from './agent-options.ts'
export { durationSchema } from './duration.ts'
export {
  daemonFromEnv,
  optionsFromEnv,
  type AgentEnvironmentOptions,
  type DaemonEnvironment,
} from './from-env.ts'

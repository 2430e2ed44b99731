export type { AgentTiming } from './agent-timing.ts'
export type { RelayAgentOptions } from './relay-agent-options.ts'
export { RelayAgent, type RelayAgentParts, type RelayAgentStatus } from './relay-agent.ts'

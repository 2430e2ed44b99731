export type { AgentEvents } from './agent-events.ts'
export { Agent, type AgentParts } from './agent.ts'
export { exitCodeFor } from './exit-code.ts'

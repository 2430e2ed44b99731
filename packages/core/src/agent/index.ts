export type { AgentEvents } from './agent-events.ts'
export { Agent } from './agent.ts'
export { exitCodeFor } from './exit-code.ts'
export type { AgentParts } from './wire-agent.ts'

export type { AgentApiDeps } from './agent-api-deps.ts'
export { registerAgentApi } from './register-agent-api.ts'

export type { AgentApiDeps } from './agent-api-deps.ts'
export { registerAgentApi } from './register-agent-api.ts'
export { registerRelayRoutes, upgradeRelay } from './relay-routes.ts'

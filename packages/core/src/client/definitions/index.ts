export { accessTokenDefinition, type AccessToken } from './access-token.ts'
export { accountDefinition, type Account } from './account.ts'
export { agentDefinition, type Agent } from './agent.ts'
export { agentPoolDefinition, type AgentPool } from './agent-pool.ts'
export { applyDefinition, type Apply } from './apply.ts'
export {
  configurationVersionDefinition,
  type ConfigurationVersion,
} from './configuration-version.ts'
export { environmentDefinition, type Environment } from './environment.ts'
export { hookDefinition, type Hook } from './hook.ts'
export { hookEnvironmentLinkDefinition, type HookEnvironmentLink } from './hook-environment-link.ts'
export { planDefinition, type Plan } from './plan.ts'
export { runDefinition, type Run } from './run.ts'
export { stateVersionDefinition, type StateVersion } from './state-version.ts'
export { variableDefinition, type Variable } from './variable.ts'
export { workspaceDefinition, type Workspace } from './workspace.ts'

export { createVcsHandler, type VcsHandler } from './vcs-handler.ts'
export type { VcsHandlerOptions } from './vcs-handler-options.ts'
export type { AgentProblem } from './agent-answer.ts'

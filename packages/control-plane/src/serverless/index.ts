export { AgentCaller, type AgentCallerOptions } from './agent-caller.ts'
export {
  headerNameProblem,
  headerValueProblem,
  readHeaders,
  type WebhookHeader,
} from './webhook-headers.ts'

export {
  ApiError,
  AuthenticationError,
  type ApiErrorDetail,
  type ApiErrorOptions,
} from './api-error.ts'
export { CacheError, type CacheErrorCode } from './cache-error.ts'
export { ConfigurationError } from './configuration-error.ts'
export { ExecutorError, type ExecutorErrorCode } from './executor-error.ts'
export { IllegalStateError } from './illegal-state-error.ts'
export { NetworkError } from './network-error.ts'
export { ProtocolError } from './protocol-error.ts'
export { ScalrAgentError, type ScalrAgentErrorOptions } from './scalr-agent-error.ts'
export { ShutdownTimeoutError } from './shutdown-timeout-error.ts'
export { TimeoutError } from './timeout-error.ts'

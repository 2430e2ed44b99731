export { authorizeState, type StateAccess } from './authorize-state.ts'
export { readDeclaredState, type DeclaredState } from './declared-state.ts'
export { isOwnLock, ownLockInfo } from './own-lock.ts'
export { StateError, type StateErrorStatus } from './state-error.ts'
export {
  readStateFile,
  type StateOutput,
  type StateResource,
  type StateSummary,
} from './state-file.ts'
export { StateLocks, type StateCaller } from './state-locks.ts'
export { StateStore, type StagedState } from './state-store.ts'
export { registerStateRoutes, type StateRoutesDeps } from './register-state-routes.ts'
export { writeState, type StateWrite } from './write-state.ts'

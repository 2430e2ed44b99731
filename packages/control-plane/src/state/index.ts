export { StateError, type StateErrorStatus } from './state-error.ts'
export {
  readStateFile,
  type StateOutput,
  type StateResource,
  type StateSummary,
} from './state-file.ts'
export { StateStore, type StagedState } from './state-store.ts'
export { registerStateRoutes, type StateRoutesDeps } from './register-state-routes.ts'

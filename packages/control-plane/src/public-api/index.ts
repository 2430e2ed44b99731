export { authenticate } from './authenticate.ts'
export {
  conflict,
  createErrorHandler,
  flagOf,
  idsOf,
  invalidAttribute,
  invalidRelationship,
  jsonApiType,
  jsonOf,
  notFound,
  nullableTextOf,
  parseWriteBody,
  PublicApiError,
  sendErrors,
  textOf,
  type Row,
  type WriteBody,
} from './json-api/index.ts'
export {
  idOf,
  setUser,
  userOf,
  type ApiUser,
  type PublicApi,
  type PublicApiDeps,
  type PublicApiLimits,
} from './public-api.ts'
export { acceptJson, createReader, registerPublicApi } from './register-public-api.ts'
export {
  applies,
  configurationVersions,
  environments,
  plans,
  policyChecks,
  runs,
  stateVersions,
  workspaces,
} from './resources/index.ts'
export { createRun } from './routes/create-run.ts'
export { deleteWorkspace } from './routes/delete-workspace.ts'
export { fromEngine } from './routes/from-engine.ts'
export { sendStored } from './routes/send-stored.ts'
export { registerConfigurationUpload } from './routes/upload-configuration.ts'
export { workspaceColumns, workspaceSchema } from './routes/workspace-settings.ts'
export { insertRow, withUniqueName } from './routes/writes.ts'

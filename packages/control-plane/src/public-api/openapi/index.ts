export { checkQuery } from './check-query.ts'
export { openApiDocument, type DescribedRoute } from './open-api-document.ts'
export { summaryOf } from './operation-names.ts'
export { registerOpenApi } from './register-open-api.ts'
export {
  actionOf,
  archiveBody,
  does,
  emptyListOf,
  fileOf,
  identifiersOf,
  listOf,
  nothing,
  oneOf,
  outputOf,
  plainJson,
  writeOf,
  type Operation,
  type OperationAnswer,
  type OperationBody,
} from './operation.ts'

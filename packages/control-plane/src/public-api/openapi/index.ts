export { summaryOf } from './operation-names.ts'
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

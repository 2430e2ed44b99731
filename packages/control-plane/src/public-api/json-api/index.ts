export {
  attribute,
  constant,
  flag,
  integer,
  json,
  jsonIfSet,
  nullableInteger,
  nullableText,
  nullableTime,
  text,
  textIfSet,
  time,
  type Attribute,
} from './attribute.ts'
export { createErrorHandler, sendErrors } from './error-handler.ts'
export { filterParameter, type SqlCondition } from './filter-sql.ts'
export { parseListQuery, splitList, type ListQuery } from './list-query.ts'
export { jsonApiType } from './media-types.ts'
export { didYouMean } from './nearest-name.ts'
export {
  conflict,
  invalidAttribute,
  invalidParameter,
  invalidRelationship,
  notFound,
  PublicApiError,
  relationNotFound,
  relationsNotFound,
  type ErrorEntry,
} from './public-api-error.ts'
export { Reader, type JsonApiDocument } from './reader.ts'
export {
  byUser,
  empty,
  emptyMany,
  toMany,
  toOne,
  type Filter,
  type ReadContext,
  type Relation,
  type Resource,
} from './resource.ts'
export { flagOf, idsOf, jsonOf, nullableTextOf, textOf, type Row } from './row.ts'
export { publicApiPath, type ResourceObject } from './serializer.ts'
export { parseWriteBody, WriteBody } from './write-body.ts'

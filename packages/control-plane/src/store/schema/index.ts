export { schemaVersions } from './schema-versions.ts'

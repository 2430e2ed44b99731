export { createCredentials, type CredentialsContext } from './create-credentials.ts'
export {
  credentialsOptionsSchema,
  type CredentialsOptions,
  type ResolvedCredentialsOptions,
} from './credentials-options.ts'
export type { CredentialsRequest, VcsCredentials } from './vcs-credentials.ts'

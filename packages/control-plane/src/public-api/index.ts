export type { PublicApiDeps, PublicApiLimits } from './public-api.ts'
export { registerPublicApi } from './register-public-api.ts'

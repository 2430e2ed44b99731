export { bearerToken } from './bearer-token.ts'
export { TokenRejectedError, type TokenRejection } from './token-rejected-error.ts'
export { createTokenService, type TokenService, type TokenServiceOptions } from './token-service.ts'
export type { IssuedToken, TokenOf, TokenRequest, VerifiedToken } from './token-types.ts'

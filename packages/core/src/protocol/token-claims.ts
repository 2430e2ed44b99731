import { z } from 'zod'

/** Kinds of token, each narrower than the one before. */
export const tokenKindSchema = z.enum(['user', 'service-account', 'pool', 'session', 'job', 'run'])
/** What a token is for; each opens less than the one before. */
export type TokenKind = z.infer<typeof tokenKindSchema>

/**
 * Payload of our JWTs. A client may read `iss`, the URL of the control plane, without verifying;
 * everything else is the server's own business. Unknown claims are ignored.
 */
export const tokenClaimsSchema = z.looseObject({
  iss: z.url().optional(),
  /** Scalr's tokens carry a domain instead of an issuer URL. */
  domain: z.string().optional(),
  exp: z.number().optional(),
  kind: tokenKindSchema.optional(),
})
/** What may be read from a token without checking it. */
export type TokenClaims = z.infer<typeof tokenClaimsSchema>

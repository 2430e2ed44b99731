import { z } from 'zod'

const base = { jti: z.string().min(1), sub: z.string().min(1) }
const expiry = { exp: z.number() }

/** Payloads as they lie in the JWT. Short names, since a token travels with every call. */
export const ownClaimsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), ...base }),
  z.object({ kind: z.literal('service-account'), ...base }),
  z.object({ kind: z.literal('pool'), ...base }),
  z.object({
    kind: z.literal('session'),
    ...base,
    ...expiry,
    sid: z.string().min(1),
    pool: z.string().min(1),
    ptk: z.string().min(1),
  }),
  z.object({
    kind: z.literal('job'),
    ...base,
    ...expiry,
    fence: z.int().positive(),
    agent: z.string().min(1),
  }),
  z.object({
    kind: z.literal('run'),
    ...base,
    ...expiry,
    run: z.string().min(1),
    job: z.string().min(1),
    fence: z.int().positive(),
  }),
])

export type OwnClaims = z.infer<typeof ownClaimsSchema>

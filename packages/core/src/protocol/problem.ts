import { z } from 'zod'

/** Media type of every error body (RFC 9457). */
export const problemMediaType = 'application/problem+json'

const prefix = 'urn:scalr-agent:problem:'

/** The stable `type` of each problem. */
export const problemTypes = {
  /** 400 or 422: the request does not match its schema. */
  invalidRequest: `${prefix}invalid-request`,
  /** 401: token missing, malformed, expired or revoked. */
  unauthorized: `${prefix}unauthorized`,
  /** 403: a valid token of the wrong kind, or for another job or workspace. */
  forbidden: `${prefix}forbidden`,
  notFound: `${prefix}not-found`,
  /** 409: a live agent of the pool holds the name. */
  nameTaken: `${prefix}name-taken`,
  /** 409: the pool is for the other kind of agent. */
  wrongPool: `${prefix}wrong-pool`,
  /** 409: the lease is gone or the fencing token is stale (I5). */
  leaseLost: `${prefix}lease-lost`,
  /** 409: the log or file is at another offset; `offset` tells which. */
  offsetMismatch: `${prefix}offset-mismatch`,
  /** 409: the call is not legal in the job's state. */
  illegalState: `${prefix}illegal-state`,
  /** 409: the session was ended or replaced; register again. */
  sessionGone: `${prefix}session-gone`,
  /** 422: size or digest of what was sent is not what was declared (I10). */
  digestMismatch: `${prefix}digest-mismatch`,
  /** 422: the control plane will never take this webhook of a VCS. */
  webhookRefused: `${prefix}webhook-refused`,
  tooLarge: `${prefix}too-large`,
  /** 426: no common protocol version. */
  versionUnsupported: `${prefix}version-unsupported`,
  tooManyRequests: `${prefix}too-many-requests`,
  internal: `${prefix}internal`,
} as const

/** One of `problemTypes`. */
export type ProblemType = (typeof problemTypes)[keyof typeof problemTypes]

/** Body of every error, as RFC 9457 describes it. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** With `offsetMismatch`: the server's offset. */
  offset: z.int().nonnegative().optional(),
  /** With `invalidRequest`: what is wrong where. */
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
/** An error body (RFC 9457). */
export type Problem = z.infer<typeof problemSchema>

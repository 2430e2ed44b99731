import type { TokenKind } from '@scalr-agent/core/protocol'

/** What a verified token allows its bearer to be. */
export type VerifiedToken =
  | {
      readonly kind: 'user'
      readonly id: string
      readonly userId: string
      readonly accountId: string
    }
  | {
      readonly kind: 'service-account'
      readonly id: string
      readonly serviceAccountId: string
      readonly accountId: string
    }
  | {
      readonly kind: 'pool'
      readonly id: string
      readonly poolId: string
      readonly accountId: string
    }
  | {
      readonly kind: 'session'
      readonly id: string
      readonly agentId: string
      readonly sessionId: string
      readonly poolId: string
      /** The pool token that opened the session; revoking it ends the session too. */
      readonly poolTokenId: string
      readonly expiresAt: Date
    }
  | {
      readonly kind: 'job'
      readonly id: string
      readonly jobId: string
      readonly fencingToken: number
      readonly agentId: string
      readonly expiresAt: Date
    }
  | {
      readonly kind: 'run'
      readonly id: string
      readonly workspaceId: string
      readonly runId: string
      readonly jobId: string
      readonly fencingToken: number
      readonly expiresAt: Date
    }

/** The verified token of one kind. */
export type TokenOf<Kind extends TokenKind> = Extract<VerifiedToken, { readonly kind: Kind }>

/** What to issue. Access tokens become rows of `access_tokens`; the others live only as JWTs. */
export type TokenRequest =
  | (AccessTokenRequest & { readonly kind: 'user'; readonly userId: string })
  | (AccessTokenRequest & { readonly kind: 'service-account'; readonly serviceAccountId: string })
  | (AccessTokenRequest & { readonly kind: 'pool'; readonly poolId: string })
  | (ShortLived & {
      readonly kind: 'session'
      readonly agentId: string
      readonly sessionId: string
      readonly poolId: string
      readonly poolTokenId: string
    })
  | (ShortLived & {
      readonly kind: 'job'
      readonly jobId: string
      readonly fencingToken: number
      readonly agentId: string
    })
  | (ShortLived & {
      readonly kind: 'run'
      readonly workspaceId: string
      readonly runId: string
      readonly jobId: string
      readonly fencingToken: number
      /** The same two give the same token again: an agent that adopts the job must know what to mask. */
      readonly issuedAt: Date
      readonly issuer: string
    })

interface ShortLived {
  readonly expiresInMs: number
}

interface AccessTokenRequest {
  /** Default: it never expires. */
  readonly expiresInMs?: number
  readonly name?: string | null
  readonly description?: string | null
  /** Id of a user or a service account. */
  readonly createdBy?: string | null
}

export interface IssuedToken {
  /** The secret: goes to its owner and nowhere else. */
  readonly token: string
  readonly id: string
  readonly expiresAt: Date | null
}

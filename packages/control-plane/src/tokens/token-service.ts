import { SignJWT, errors, jwtVerify } from 'jose'

import type { Clock, IdSource } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'

import { ensureSigningKey, findSigningKey } from './signing-key.ts'
import { createTokenCheck, type LongLived } from './token-check.ts'
import { ownClaimsSchema, type OwnClaims } from './token-claims.ts'
import { payloadOf } from './token-payload.ts'
import { TokenRejectedError } from './token-rejected-error.ts'
import type { IssuedToken, TokenRequest, VerifiedToken } from './token-types.ts'

export interface TokenServiceOptions {
  readonly db: Database
  /** URL of the control plane, asked for at each issue: a port may be known only after listening. */
  readonly issuer: () => string
  readonly clock: Clock
  readonly ids: IdSource
}

/** Issues and verifies every token of the control plane. */
export interface TokenService {
  /** What tokens name as their issuer now. */
  readonly issuer: string
  issue(request: TokenRequest): Promise<IssuedToken>
  /**
   * The same user token again: a JWT follows from its claims and the key, so its secret need not be
   * kept. `undefined` when it was revoked or has an end.
   */
  reissueUserToken(id: string): Promise<string | undefined>
  /**
   * Checks signature, expiry and revocation. What the bearer may do with which job (lease, fencing
   * token) is the engine's to say: a job token stays good after the job's end, since `finish` may be
   * repeated, and a stale one is answered with 409, not 401.
   * @throws {@link TokenRejectedError}
   */
  verify(token: string | undefined): Promise<VerifiedToken>
  /**
   * Throws when access was revoked since the token was verified: a long-poll or an upload outlasts a check.
   * @throws {@link TokenRejectedError}
   */
  recheck(token: LongLived): void
  /** Tokens of users, service accounts and pools. @returns whether there was such a token. */
  revoke(id: string): boolean
}

export function createTokenService(options: TokenServiceOptions): TokenService {
  const { db, clock, ids } = options
  const key = ensureSigningKey(db, { clock, ids })
  const { check, recheck } = createTokenCheck({ db, clock })

  async function issue(request: TokenRequest): Promise<IssuedToken> {
    const now = request.kind === 'run' ? request.issuedAt : clock.now()
    const id = request.kind === 'run' ? `at-${request.jobId}-${request.fencingToken}` : ids('at')
    const expiresAt =
      request.expiresInMs === undefined ? null : new Date(now.getTime() + request.expiresInMs)
    const { sub, ...claims } = payloadOf(request)
    const issuer = request.kind === 'run' ? request.issuer : options.issuer()
    const token = await sign(
      id,
      sub,
      { kind: request.kind, ...claims },
      {
        issuer,
        issuedAt: now,
        expiresAt,
      },
    )
    if (isAccessToken(request)) {
      db.run(
        `INSERT INTO access_tokens (id, kind, owner_id, name, description, created_by, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        request.kind,
        sub,
        request.name ?? null,
        request.description ?? null,
        request.createdBy ?? null,
        now.toISOString(),
        expiresAt?.toISOString() ?? null,
      )
    }
    return { token, id, expiresAt }
  }

  async function sign(
    id: string,
    sub: string,
    claims: Record<string, string | number>,
    { issuer, issuedAt, expiresAt }: TokenTimes,
  ): Promise<string> {
    const jwt = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: key.id, typ: 'JWT' })
      .setIssuer(issuer)
      .setSubject(sub)
      .setJti(id)
      .setIssuedAt(Math.floor(issuedAt.getTime() / 1000))
    if (expiresAt !== null) jwt.setExpirationTime(Math.floor(expiresAt.getTime() / 1000))
    return jwt.sign(key.secret)
  }

  async function reissueUserToken(id: string): Promise<string | undefined> {
    const row = db.get<{ owner_id: string; created_at: string }>(
      `SELECT owner_id, created_at FROM access_tokens
       WHERE id = ? AND kind = 'user' AND revoked_at IS NULL AND expires_at IS NULL`,
      id,
    )
    if (row === undefined) return undefined
    return sign(
      id,
      row.owner_id,
      { kind: 'user' },
      {
        issuer: options.issuer(),
        issuedAt: new Date(row.created_at),
        expiresAt: null,
      },
    )
  }

  async function verify(token: string | undefined): Promise<VerifiedToken> {
    if (token === undefined || token === '') throw new TokenRejectedError('missing')
    return check(await readClaims(token))
  }

  async function readClaims(token: string): Promise<OwnClaims> {
    try {
      // The issuer is not compared: the same control plane may come back on another port or name.
      const { payload } = await jwtVerify(
        token,
        (header) => {
          const found = header.kid === key.id ? key : findSigningKey(db, header.kid ?? '')
          if (found === undefined) throw new TokenRejectedError('unknown')
          return found.secret
        },
        { algorithms: ['HS256'], currentDate: clock.now() },
      )
      const claims = ownClaimsSchema.safeParse(payload)
      if (!claims.success) throw new TokenRejectedError('malformed')
      return claims.data
    } catch (error) {
      if (error instanceof TokenRejectedError) throw error
      if (error instanceof errors.JWTExpired) throw new TokenRejectedError('expired')
      if (error instanceof errors.JWSSignatureVerificationFailed) {
        throw new TokenRejectedError('unknown')
      }
      if (error instanceof errors.JOSEError) throw new TokenRejectedError('malformed')
      throw error
    }
  }

  function revoke(id: string): boolean {
    const now = clock.now().toISOString()
    return (
      db.run(
        'UPDATE access_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
        now,
        id,
      ) > 0
    )
  }

  return {
    get issuer() {
      return options.issuer()
    },
    issue,
    reissueUserToken,
    verify,
    recheck,
    revoke,
  }
}

function isAccessToken(
  request: TokenRequest,
): request is TokenRequest & { readonly kind: 'user' | 'service-account' | 'pool' } {
  return request.kind === 'user' || request.kind === 'service-account' || request.kind === 'pool'
}

interface TokenTimes {
  readonly issuer: string
  readonly issuedAt: Date
  readonly expiresAt: Date | null
}

/**
 * Why a token was refused. `unknown` is one that this control plane never signed (another data
 * directory, another server); `revoked` covers owners that are gone.
 */
export type TokenRejection = 'missing' | 'malformed' | 'unknown' | 'expired' | 'revoked'

const texts: Readonly<Record<TokenRejection, string>> = {
  missing: 'No token was sent. Send it as `Authorization: Bearer <token>`.',
  malformed: 'The token is malformed: it is no JWT of this control plane. Copy it again, whole.',
  unknown: 'The token was not issued by this control plane. Create one here.',
  expired: 'The token has expired. Create a new one.',
  revoked: 'The token was revoked. Create a new one.',
}

/** A token was refused. Never holds the token. */
export class TokenRejectedError extends Error {
  override readonly name = 'TokenRejectedError'
  readonly reason: TokenRejection

  constructor(reason: TokenRejection) {
    super(texts[reason])
    this.reason = reason
  }
}

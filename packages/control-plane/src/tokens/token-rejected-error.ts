/**
 * Why a token was refused. `unknown` is one that this control plane never signed (another data
 * directory, another server); `revoked` covers owners that are gone; `ended` is a run token whose job is over.
 */
export type TokenRejection =
  | 'missing'
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'revoked'
  | 'inactive'
  | 'ended'

const texts: Readonly<Record<TokenRejection, string>> = {
  missing: 'No token was sent. Send it as `Authorization: Bearer <token>`.',
  malformed: 'The token is malformed: it is no JWT of this control plane. Copy it again, whole.',
  unknown: 'The token was not issued by this control plane. Create one here.',
  expired: 'The token has expired. Create a new one.',
  revoked: 'The token was revoked. Create a new one.',
  inactive: 'The service account of the token is inactive. A user can make it active again.',
  ended:
    'The run of the token has ended, or its job was given to another agent: its access is over.',
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

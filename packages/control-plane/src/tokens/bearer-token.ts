/** The token of an `Authorization: Bearer` header, or `undefined`. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const match = /^Bearer +(\S+)$/iu.exec(authorization ?? '')
  return match?.[1]
}

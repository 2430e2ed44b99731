import { Buffer } from 'node:buffer'

import { z } from 'zod'

import { ConfigurationError } from '../errors/index.ts'

/** What a client may read of a token. Everything is optional: the server alone decides what it means. */
const payloadSchema = z.looseObject({
  iss: z.string().optional().catch(undefined),
  domain: z.string().optional().catch(undefined),
  exp: z.number().optional().catch(undefined),
  iat: z.number().optional().catch(undefined),
})

/** Payload of a token, unverified. */
export type TokenPayload = z.infer<typeof payloadSchema>

const advice =
  'A token is a JWT: three parts of letters, digits, - and _ with dots between, beginning with eyJ. Copy it whole, without quotes or line breaks.'

/**
 * Reads a token's payload without verifying it, which only the server can.
 *
 * @throws {@link ConfigurationError} `INVALID_TOKEN`; the message never holds the token
 */
export function readTokenPayload(token: string): TokenPayload {
  if (token === '') throw invalid('it is empty')
  if (token !== token.trim()) throw invalid('it begins or ends with white space')
  if (/^bearer\s/iu.test(token)) throw invalid("it begins with 'Bearer '; give what comes after")
  const parts = token.split('.')
  if (parts.length !== 3)
    throw invalid(`it has ${parts.length} part${parts.length === 1 ? '' : 's'} instead of 3`)
  if (!parts.every((part) => /^[\w-]+$/u.test(part))) {
    throw invalid('it holds characters that no token has')
  }
  let payload: unknown
  try {
    payload = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'))
  } catch {
    // The parser's message would quote the payload.
    throw invalid('its middle part is not JSON')
  }
  const result = payloadSchema.safeParse(payload)
  if (!result.success) throw invalid('its middle part is not a JSON object')
  return result.data
}

/**
 * The URL of the server that made the token: the issuer of our own tokens, the domain in Scalr's.
 *
 * @throws {@link ConfigurationError} `INVALID_TOKEN` when malformed, `INVALID_OPTIONS` when it names none
 */
export function urlFromToken(token: string): string {
  const { iss, domain } = readTokenPayload(token)
  if (iss !== undefined && /^https?:\/\//iu.test(iss) && URL.canParse(iss)) return iss
  if (domain !== undefined && /^[a-z0-9.-]+(?::\d+)?$/iu.test(domain)) return `https://${domain}`
  throw new ConfigurationError(
    'Cannot tell the URL from the token: it names neither an issuer URL nor a domain. Give the URL as well (SCALR_URL, option `url`).',
  )
}

/**
 * Whether a token can be sent at all, whatever its form.
 *
 * @returns the token
 * @throws {@link ConfigurationError} `INVALID_TOKEN`; the message never holds the token
 */
export function checkBearerToken(token: string): string {
  if (token === '') throw invalid('it is empty')
  if (!/^[\x21-\x7E]+$/u.test(token)) {
    throw invalid('it holds white space or characters that no token has')
  }
  return token
}

function invalid(why: string): ConfigurationError {
  return new ConfigurationError(`Cannot use the token: ${why}. ${advice}`, {
    code: 'INVALID_TOKEN',
  })
}

import { NetworkError, ProtocolError, ScalrAgentError, TimeoutError } from '../errors/index.ts'
import { ProxyFailure } from './proxy-failure.ts'

/** What a failure is told with. */
export interface FailureContext {
  /** `Cannot <do what> (<METHOD> <URL>)`. */
  readonly subject: string
  /** Host and port that was called. */
  readonly host: string
}

/** A failure in our words. */
export interface Failure {
  readonly error: unknown
  /** The server cannot have seen the request, so that sending it again does nothing twice. */
  readonly unsent: boolean
}

const caAdvice =
  'If the server uses a certificate of your own authority, set SCALR_AGENT_CA_CERT (option `caCert`) to its PEM file.'

const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

const cutCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_ABORTED',
  'UND_ERR_INFO',
])

/**
 * What undici, TLS and the operating system report, as one error of ours. The only place that knows
 * their codes. What is no failure of the network (an aborted signal, a file that cannot be read) is
 * given back as it is.
 */
export function translateFailure(failure: unknown, context: FailureContext): Failure {
  if (ScalrAgentError.isInstance(failure)) return { error: failure, unsent: false }
  const chain = causes(failure)
  const code = chain.map(codeOf).find((value) => value !== undefined) ?? ''

  const proxy = chain.find((error) => error instanceof ProxyFailure)
  const proxyProblem = proxy === undefined ? proxyAnswer(chain, code) : reason(proxy.cause)
  if (proxyProblem !== undefined) {
    const error = new NetworkError(
      `${context.subject}: the proxy did not let it through: ${proxyProblem}. Check HTTPS_PROXY and NO_PROXY (option \`proxy\`).`,
      { code: 'PROXY', cause: failure },
    )
    return { error, unsent: true }
  }

  const tls = tlsProblem(code, context.host)
  if (tls !== undefined) {
    const error = new NetworkError(`${context.subject}: ${tls} (${code}).`, {
      code: 'TLS',
      retryable: false,
      cause: failure,
    })
    return { error, unsent: true }
  }

  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL') {
    const error = new NetworkError(
      `${context.subject}: the name ${context.host} cannot be resolved (${code}). Check the URL and the machine's DNS.`,
      { code: 'DNS', cause: failure },
    )
    return { error, unsent: true }
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') {
    const what = code === 'UND_ERR_CONNECT_TIMEOUT' ? 'could be reached' : 'answered'
    const error = new TimeoutError(
      `${context.subject}: ${context.host} has not ${what} in time (${code}).`,
      { cause: failure },
    )
    return { error, unsent: unsentCodes.has(code) }
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    const error = new TimeoutError(
      `${context.subject}: ${context.host} stopped sending in the middle of its answer (${code}).`,
      { cause: failure },
    )
    return { error, unsent: false }
  }
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    const error = new ProtocolError(
      `${context.subject}: what was to be sent is not as long as it was declared, so it changed meanwhile (${code}).`,
      { code: 'DIGEST_MISMATCH', cause: failure },
    )
    return { error, unsent: false }
  }
  const other = otherProblem(code, context.host)
  if (other === undefined) return { error: failure, unsent: false }
  const error = new NetworkError(`${context.subject}: ${other} (${code}).`, { cause: failure })
  return { error, unsent: unsentCodes.has(code) }
}

function otherProblem(code: string, host: string): string | undefined {
  if (code === 'ECONNREFUSED') return `nothing listens at ${host}`
  if (unsentCodes.has(code)) return `${host} cannot be reached from this machine`
  if (cutCodes.has(code)) return `the connection to ${host} was cut`
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return 'the client was closed'
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return `what ${host} answered is not HTTP; check scheme and port of the URL`
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return `${host} cut its answer short`
  return undefined
}

function tlsProblem(code: string, host: string): string | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return `the certificate of ${host} is self-signed or of an authority that is not trusted here. ${caAdvice}`
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
    case 'CERT_REJECTED':
    case 'INVALID_CA':
      return `the certificate of ${host} was not signed by an authority that is trusted here. ${caAdvice}`
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${host} (or of its authority) has expired. Renew it, or check this machine's clock`
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${host} is not valid yet. Check this machine's clock`
    case 'CERT_REVOKED':
      return `the certificate of ${host} was revoked`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${host} is made out to another name. Use a name that the certificate carries, or renew it`
    default:
      if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
        return `${host} and this machine found no common TLS: check that the port speaks HTTPS, and that SCALR_AGENT_CA_CERT fits`
      }
      return code.startsWith('CERT_') || code.startsWith('ERR_TLS_')
        ? `the certificate of ${host} was refused. ${caAdvice}`
        : undefined
  }
}

/** The proxy was reached and said no: undici tells it in the message alone. */
function proxyAnswer(chain: readonly Error[], code: string): string | undefined {
  if (code === 'UND_ERR_PRX_TLS') return "the proxy's own certificate was refused"
  if (code === 'UND_ERR_PRX_CONN') return 'it cut the connection'
  for (const { message } of chain) {
    const status = /Proxy response \((\d{3})\)/u.exec(message)?.[1]
    if (status === '407' || message.includes('(407)')) {
      return 'it wants a user name and password (407)'
    }
    if (status !== undefined) return `it answered CONNECT with ${status}`
  }
  return undefined
}

/** Short words for an error of the way to the proxy. */
function reason(error: unknown): string {
  const code = causes(error).map(codeOf).find(Boolean)
  if (code === 'ECONNREFUSED') return 'nothing listens there (ECONNREFUSED)'
  if (code === 'ENOTFOUND') return 'its name cannot be resolved (ENOTFOUND)'
  return `it cannot be reached (${code ?? 'unknown'})`
}

/** The error, its causes and the parts of an AggregateError, outermost first. */
function causes(error: unknown): readonly Error[] {
  const found: Error[] = []
  const queue: unknown[] = [error]
  while (queue.length > 0 && found.length < 16) {
    const next = queue.shift()
    if (!(next instanceof Error) || found.includes(next)) continue
    found.push(next)
    if (next instanceof AggregateError) queue.push(...next.errors)
    queue.push(next.cause)
  }
  return found
}

function codeOf(error: Error): string | undefined {
  if (error.name === 'HTTPParserError') return 'HPE_INVALID'
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

import { userInfo } from 'node:os'

import type { Endpoint } from './endpoint.ts'

/** Why one engine could not be reached. */
export interface ConnectFailure {
  /** What was wrong and what to do, in a sentence that follows a colon. */
  readonly what: string
  /** Whether it may go away by itself. */
  readonly retryable: boolean
}

/** Turns what dockerode, sockets and TLS throw into words. */
export function explainConnectFailure(error: unknown, endpoint: Endpoint): ConnectFailure {
  const code = codeOf(error) ?? ''
  const message = error instanceof Error ? error.message.trim() : String(error)
  switch (code) {
    case 'ENOENT':
      return { what: 'there is no such socket.', retryable: true }
    case 'EACCES':
    case 'EPERM':
      return {
        what: `the agent's user \`${userName()}\` may not open it (${code}). Add it to the group of the socket (\`usermod -aG docker ${userName()}\`) and start the agent again.`,
        retryable: false,
      }
    case 'ECONNREFUSED':
      return {
        what:
          endpoint.kind === 'unix'
            ? 'nothing listens on the socket: the engine does not run. Start it (`systemctl start docker`).'
            : 'the connection was refused: no engine listens there.',
        retryable: true,
      }
    case 'ENOTSOCK':
    case 'EISDIR':
      return { what: 'it is no socket.', retryable: false }
    case 'ENOTFOUND':
      return { what: 'there is no such host.', retryable: true }
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { what: `the host cannot be reached (${code}).`, retryable: true }
    case 'ABORT_ERR':
    case 'ETIMEDOUT':
      return { what: 'it did not answer in time.', retryable: true }
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        what: `it closed the connection (${code}).${endpoint.kind === 'tcp' && endpoint.tls === undefined ? ' Does the engine want TLS?' : ''}`,
        retryable: true,
      }
    default:
      break
  }
  if (endpoint.kind === 'tcp' && isTlsFailure(code, message)) {
    return {
      what: `TLS failed: ${message}. Give the CA of the engine and, where it asks for one, a certificate of ours (\`tls\`, \`certPath\`, DOCKER_CERT_PATH).`,
      retryable: false,
    }
  }
  if (/Client sent an HTTP request to an HTTPS server/u.test(message)) {
    return {
      what: 'the engine wants TLS. Name its certificates (`certPath`, DOCKER_CERT_PATH).',
      retryable: false,
    }
  }
  return { what: `${message}.`, retryable: false }
}

function isTlsFailure(code: string, message: string): boolean {
  return (
    /^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/u.test(
      code,
    ) || /tlsv1|ssl3|certificate/iu.test(message)
  )
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('name' in error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return 'ABORT_ERR'
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

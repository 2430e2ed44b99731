import { ExecutorError, type ExecutorErrorCode } from '@scalr-agent/core'

import { complaintOf, executorName } from '../docker-error.ts'

/** An error about an image, with the words of this package. */
export function imageError(
  image: string,
  what: string,
  options: {
    readonly code?: ExecutorErrorCode
    readonly retryable?: boolean
    readonly cause?: unknown
  } = {},
): ExecutorError {
  return new ExecutorError(`Cannot use the image \`${image}\`: ${what}`, {
    executor: executorName,
    phase: 'pull',
    code: options.code ?? 'IMAGE_PULL_FAILED',
    retryable: options.retryable ?? false,
    cause: options.cause,
  })
}

/** What a pull was made with, so that the remedy fits. */
export interface PullContext {
  readonly image: string
  readonly registry: string
  /** Whether there were credentials for the registry. */
  readonly authenticated: boolean
  /** Why there were none although a helper is configured. */
  readonly helperFailure?: string | undefined
}

interface Rule {
  readonly pattern: RegExp
  readonly explain: (context: PullContext) => string
  readonly retryable: boolean
  readonly code?: ExecutorErrorCode
}

const login = ({ registry, authenticated, helperFailure }: PullContext): string => {
  if (helperFailure !== undefined) return `${helperFailure} Correct the credential helper.`
  const hub = registry === 'docker.io'
  const how = hub ? '`docker login`' : `\`docker login ${registry}\``
  return authenticated
    ? `The credentials for it may be wrong or expired, or may not read this image. Log in anew as the agent's user (${how}).`
    : `There are no credentials for it. Log in as the agent's user (${how}), or set \`credentials\`.`
}

/**
 * What engines and registries say, most telling first. Engines differ: one with the containerd store words
 * it otherwise than the one before.
 */
const rules: readonly Rule[] = [
  {
    pattern: /no space left on device|disk quota exceeded/iu,
    explain: () =>
      'the disk of the engine is full. Free space on it, e.g. with `docker system prune`.',
    retryable: true,
    code: 'UNAVAILABLE',
  },
  {
    pattern: /toomanyrequests|too many requests|rate limit/iu,
    explain: (context) =>
      `the registry ${context.registry} has a limit of pulls, which is reached. ${context.authenticated ? 'Wait, or use a mirror.' : `Wait, use a mirror, or log in.`}`,
    retryable: true,
  },
  {
    pattern:
      /no match(?:ing manifest)? for (?:the )?(?:platform|linux)|does not match the specified platform/iu,
    explain: ({ registry }) =>
      `the registry ${registry} has it for other CPUs alone. Push it for the CPU of the engine.`,
    retryable: false,
  },
  {
    pattern: /pull access denied|repository does not exist|insufficient_scope/iu,
    explain: (context) =>
      `the registry ${context.registry} has no such repository, or does not show it to us. Check the name. ${login(context)}`,
    retryable: false,
  },
  {
    pattern:
      /unauthorized|authentication required|no basic auth credentials|incorrect username or password|\b401\b|\b403\b|forbidden|access.*denied|denied:/iu,
    explain: (context) => `the registry ${context.registry} refused us. ${login(context)}`,
    retryable: false,
  },
  {
    pattern: /manifest unknown|name unknown|not found|\b404\b/iu,
    explain: ({ registry }) =>
      `the registry ${registry} does not have it. Check name and tag, or load it into the engine under that name.`,
    retryable: false,
  },
  {
    pattern: /server gave HTTP response to HTTPS client/iu,
    explain: ({ registry }) =>
      `the registry ${registry} does not speak TLS. Give it a certificate, or add it to "insecure-registries" of the engine.`,
    retryable: false,
  },
  {
    pattern: /x509|certificate/iu,
    explain: ({ registry }) =>
      `the engine does not trust the certificate of the registry ${registry}. Put its CA into /etc/docker/certs.d/${registry}/ca.crt of the engine's machine.`,
    retryable: false,
  },
  {
    pattern: /no such host|server misbehaving|name resolution/iu,
    explain: ({ registry }) =>
      `the engine cannot find the host of the registry ${registry}. Check the name, and the DNS of the engine's machine.`,
    retryable: true,
  },
  {
    pattern:
      /connection refused|connection reset|no route to host|network is unreachable|i\/o timeout|timeout exceeded|handshake timeout|deadline exceeded|unexpected EOF|\bEOF$|proxyconnect/iu,
    explain: ({ registry }) =>
      `the engine cannot reach the registry ${registry}. Check the network and proxy of the engine's machine (\`docker info\` shows its proxies).`,
    retryable: true,
  },
  {
    pattern: /\b5\d\d\b|internal server error|bad gateway|service unavailable/iu,
    explain: ({ registry }) => `the registry ${registry} failed. Try again later.`,
    retryable: true,
  },
]

/** Turns what the engine said of a pull into an error that says what to do. */
export function toPullError(error: unknown, context: PullContext): ExecutorError {
  const { message, status } = complaintOf(error)
  const rule = rules.find(({ pattern }) => pattern.test(message))
  const said = `(${status === undefined ? '' : `${status}: `}${message})`
  if (rule === undefined) {
    return imageError(context.image, `the engine could not pull it ${said}.`, { cause: error })
  }
  return imageError(context.image, `${rule.explain(context)} ${said}`, {
    ...(rule.code === undefined ? {} : { code: rule.code }),
    retryable: rule.retryable,
    cause: error,
  })
}

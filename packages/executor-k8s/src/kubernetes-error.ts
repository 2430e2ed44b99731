import { ScalrAgentError, type ExecutorErrorCode } from '@scalr-agent/core'
import { executorErrors } from '@scalr-agent/core/container'

import { KubeAnswerError, type KubeCall } from './calls/kube-answer-error.ts'
import { KubeSilentError } from './calls/kube-silent-error.ts'

export const executorName = 'kubernetes'

/** What was being done, in words that fit into "Cannot …". */
export interface KubernetesErrorContext {
  /** e.g. `launch`. */
  readonly phase: string
  /** e.g. ``launch workload `job-1` ``; the message begins with "Cannot" and this. */
  readonly doing: string
}

/** Errors of the way to the API server: nobody knows whether it did what it was asked. */
const awayCodes = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
])

/** An error of this executor with its own words. */
export const kubernetesError = executorErrors(executorName)

/** Turns whatever a call threw into an {@link ExecutorError}; our own errors pass as they are. */
export function toKubernetesError(
  error: unknown,
  { doing, phase }: KubernetesErrorContext,
): ScalrAgentError {
  if (ScalrAgentError.isInstance(error)) return error
  const { code, what, remedy } = translate(error)
  return kubernetesError(code, phase, `Cannot ${doing}: ${what}. ${remedy}`.trim(), error)
}

/** The server could not be reached, fell silent, or asked to be left alone for now: ask again later. */
export function isAway(error: unknown): boolean {
  if (error instanceof KubeSilentError) return true
  if (ScalrAgentError.isInstance(error)) return error.code === 'UNAVAILABLE' && error.retryable
  if (error instanceof KubeAnswerError) {
    return (
      error.isStarting ||
      [408, 429, 502, 503, 504].includes(error.status) ||
      (error.status === 500 && passes.test(error.message))
    )
  }
  const code = errorCode(error)
  if (code !== undefined && awayCodes.has(code)) return true
  return error instanceof Error && /socket hang up|^aborted$/u.test(error.message)
}

/** Failures behind the server that pass: its store elects a leader, a node's kubelet restarts. */
const passes =
  /etcdserver: |error dialing backend|connection refused|context deadline exceeded|too many requests|request timed out/iu

/** The server answered that what was asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeAnswerError && error.status === 404
}

/** The name is taken, or the object is no longer as it was when we looked. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeAnswerError && error.status === 409
}

/** The server knows who we are, and does not let us. A quota that is used up is no such thing. */
export function isForbidden(error: unknown): boolean {
  return (
    error instanceof KubeAnswerError &&
    error.status === 403 &&
    !error.isStarting &&
    !isQuotaExceeded(error) &&
    !isNamespaceTerminating(error)
  )
}

/** A ResourceQuota of the namespace leaves no room. It may, once others are done. */
export function isQuotaExceeded(error: unknown): boolean {
  return error instanceof KubeAnswerError && /exceeded quota/iu.test(error.message)
}

/** The namespace is being deleted: nothing new can be made in it. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof KubeAnswerError &&
    error.status === 403 &&
    /because it is being terminated/iu.test(error.message)
  )
}

interface Translation {
  readonly code: ExecutorErrorCode
  /** A clause after "Cannot …:", without a full stop. */
  readonly what: string
  readonly remedy: string
}

function translate(error: unknown): Translation {
  if (error instanceof KubeAnswerError) return translateAnswer(error)
  const message = plain(error)
  const certificate = certificateProblem(error, message)
  if (certificate !== undefined) return certificate
  if (isAway(error)) {
    return {
      code: 'UNAVAILABLE',
      what: `the Kubernetes API server does not answer (${message})`,
      remedy: 'Look whether it runs and can be reached; the agent goes on once it answers.',
    }
  }
  return { code: 'ENGINE_FAILURE', what: message, remedy: '' }
}

function translateAnswer(error: KubeAnswerError): Translation {
  const message = plain(error)
  const rejected = (what: string, remedy = ''): Translation => ({ code: 'REJECTED', what, remedy })
  if (error.status === 429) {
    return {
      code: 'UNAVAILABLE',
      what: `the API server has too many requests (429: ${message})`,
      remedy:
        'The agent asks again later. Give it a FlowSchema of its own where this happens often.',
    }
  }
  if (isQuotaExceeded(error)) {
    return rejected(
      `a quota of the namespace is used up: ${message}`,
      'Raise the ResourceQuota, or give the agent fewer slots.',
    )
  }
  if (isNamespaceTerminating(error)) {
    return rejected(
      `the namespace is being deleted: ${message}`,
      'Create it again, or give the agent another one.',
    )
  }
  if (/admission webhook|failed calling webhook/iu.test(message)) {
    return error.status >= 500
      ? {
          code: 'UNAVAILABLE',
          what: `an admission webhook of the cluster does not answer: ${message}`,
          remedy: 'Look at the service behind it.',
        }
      : rejected(`a webhook of the cluster refused it: ${message}`, 'Allow it there.')
  }
  if (isAway(error)) {
    return {
      code: 'UNAVAILABLE',
      what: `the Kubernetes API server cannot answer now (${error.status}: ${message})`,
      remedy: 'The agent goes on once it does.',
    }
  }
  if (error.status === 401) {
    return rejected(
      `the API server does not know us (401: ${message})`,
      'The token or certificate of the kubeconfig is wrong or has expired: renew it.',
    )
  }
  if (error.status === 407) return rejected(`the proxy wants other credentials: ${message}`)
  if (error.status === 403) {
    return rejected(
      `the service account or user of the agent may not ${callText(error.call)}: ${message}`,
      'Apply rbac.yaml of @scalr-agent/executor-k8s.',
    )
  }
  if (error.status >= 400 && error.status < 500) {
    return rejected(`the API server refused to ${callText(error.call)}: ${message}`)
  }
  return {
    code: 'ENGINE_FAILURE',
    what: `the API server failed to ${callText(error.call)}: ${message}`,
    remedy: '',
  }
}

/** e.g. `create pods/exec in namespace x`. */
function callText({ verb, resource, namespace }: KubeCall): string {
  return `${verb} ${resource}${namespace === undefined ? '' : ` in namespace \`${namespace}\``}`
}

function certificateProblem(error: unknown, message: string): Translation | undefined {
  const code = errorCode(error) ?? ''
  const rejected = (what: string, remedy: string): Translation => ({
    code: 'REJECTED',
    what,
    remedy,
  })
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return rejected(
        'the certificate of the API server has expired',
        'Renew it. Does the clock of this machine go right?',
      )
    case 'CERT_NOT_YET_VALID':
      return rejected(
        'the certificate of the API server is not valid yet',
        'Set the clock of this machine.',
      )
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return rejected(
        `the certificate of the API server is made out to another name (${message})`,
        'Use a name that is in it, or `tls-server-name` in the kubeconfig.',
      )
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return rejected(
        `the certificate of the API server is not from the authority in the kubeconfig (${code})`,
        'Give the right `certificate-authority`.',
      )
    default:
      break
  }
  if (/^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO|CERT_|SELF_SIGNED_|UNABLE_TO_)/u.test(code)) {
    return rejected(`TLS with the API server failed (${message})`, 'Look at the kubeconfig.')
  }
  return undefined
}

const tokens = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/giu

/** The words of an error on one line, with no token in them. */
function plain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const line = text
    .replaceAll(tokens, '[redacted]')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/u, '')
  return line === '' ? (errorCode(error) ?? 'no reason given') : line.slice(0, 2000)
}

function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

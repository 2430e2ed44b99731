import { ConfigurationError, parseBaseUrl, ScalrAgentError } from '@scalr-agent/core'
import type { Dispatcher } from 'undici'

import type { CredentialsRequest, VcsCredentials } from '../credentials/index.ts'
import type { Permission, RelayPolicy } from '../policy/index.ts'
import type { HeaderPairs, RelayAnswer, RelayRequest } from '../relay-exchange.ts'
import { agentAnswer } from './agent-answer.ts'
import { EncodedSlashAdvice } from './encoded-slash-advice.ts'
import { headerFault, valueOf } from './header-lines.ts'
import { guardIdle } from './idle-guard.ts'
import { maxHops, nextHop, type Hop, type RedirectSettings } from './next-hop.ts'
import { requestHeaders } from './request-headers.ts'
import { responseHeaders } from './response-headers.ts'
import { sendUpstream, type UpstreamAnswer } from './send-upstream.ts'
import { failureAnswer } from './upstream-failure.ts'
import type { ResolvedVcsHandlerOptions } from './vcs-handler-options.ts'

export interface UpstreamParts {
  readonly settings: ResolvedVcsHandlerOptions
  readonly url: URL
  readonly policy: RelayPolicy
  readonly dispatcher: Dispatcher
  readonly credentials: VcsCredentials
}

/** Carries requests that are allowed to the VCS, and its answers back. */
export class Upstream {
  readonly #parts: UpstreamParts
  readonly #redirects: Omit<RedirectSettings, 'mayFollow'>
  readonly #advice: EncodedSlashAdvice

  constructor(parts: UpstreamParts) {
    const { settings, url, policy } = parts
    this.#parts = parts
    this.#advice = new EncodedSlashAdvice(settings.logger)
    this.#redirects = {
      policy,
      origin: url.origin,
      extraOrigins: extraOrigins(settings, url),
    }
  }

  /** Rejects only when the caller aborts; everything else is an answer. */
  async exchange(
    request: RelayRequest,
    permission: Permission,
    options: { readonly signal: AbortSignal },
  ): Promise<RelayAnswer> {
    const { signal } = options
    const body =
      request.body === undefined
        ? undefined
        : guardIdle(request.body, this.#parts.settings.idleTimeoutMs)
    const mayFollow = request.method === 'GET' || request.method === 'HEAD'
    let hop: Hop = {
      origin: this.#redirects.origin,
      permission,
      target: permission.target.raw,
      withCredentials: true,
    }
    try {
      for (let hops = 0; ; hops++) {
        const lines = await this.#lines(request, hop, signal)
        if ('status' in lines) return lines
        const answer = await this.#send(request, hop, { headers: lines, body, signal })
        if ('origin' in answer) return answer
        const location = redirectOf(answer)
        if (location === undefined) return await this.#pass(request, hop, answer, undefined)
        const next = nextHop(location, hop, { ...this.#redirects, mayFollow })
        if (next.kind === 'pass') return await this.#pass(request, hop, answer, next.location)
        await drop(answer)
        if (next.kind === 'refuse') return redirectAnswer(next.reason, hop)
        if (hops >= maxHops) return redirectAnswer(`more than ${maxHops} times`, hop)
        hop = next.hop
      }
    } finally {
      // Nobody reads it any more when no request was sent.
      if (signal.aborted) body?.destroy()
    }
  }

  /** Header lines to send, or the answer when there are no credentials. */
  async #lines(
    request: RelayRequest,
    hop: Hop,
    signal: AbortSignal,
  ): Promise<HeaderPairs | RelayAnswer> {
    try {
      const credentials = hop.withCredentials
        ? await this.#parts.credentials.headersFor(credentialsRequest(hop, signal))
        : []
      return requestHeaders(request.headers, {
        credentials,
        hasBody: request.body !== undefined,
      })
    } catch (error) {
      signal.throwIfAborted()
      request.body?.destroy()
      const detail = ScalrAgentError.isInstance(error)
        ? error.message
        : 'The credentials cannot be made; look at the configuration of the VCS agent.'
      this.#parts.settings.logger.error({ detail }, 'no credentials for the VCS')
      return agentAnswer({
        status: 502,
        problem: 'vcs-credentials',
        title: 'The VCS agent has no credentials for this request',
        detail,
        fate: 'never-ran',
        rule: hop.permission.endpoint.id,
      })
    }
  }

  async #send(
    request: RelayRequest,
    hop: Hop,
    sent: {
      readonly headers: HeaderPairs
      readonly body: ReturnType<typeof guardIdle> | undefined
      readonly signal: AbortSignal
    },
  ): Promise<UpstreamAnswer | RelayAnswer> {
    const { settings, dispatcher } = this.#parts
    try {
      const answer = await sendUpstream(dispatcher, {
        origin: hop.origin,
        target: hop.target,
        method: request.method,
        ...sent,
        firstByteTimeoutMs: settings.firstByteTimeoutMs,
        idleTimeoutMs: settings.idleTimeoutMs,
      })
      if (answer.status === 401 && hop.withCredentials) {
        this.#parts.credentials.rejected(credentialsRequest(hop, sent.signal))
      }
      return answer
    } catch (error) {
      return failureAnswer(error, {
        host: new URL(hop.origin).host,
        rule: hop.permission.endpoint.id,
        signal: sent.signal,
      })
    }
  }

  async #pass(
    request: RelayRequest,
    hop: Hop,
    answer: UpstreamAnswer,
    location: string | undefined,
  ): Promise<RelayAnswer> {
    this.#advice.look(hop, answer)
    const fault = headerFault(answer.headers)
    if (fault !== undefined) {
      await drop(answer)
      return agentAnswer({
        status: 502,
        problem: 'vcs-answer',
        title: 'The answer of the VCS cannot be passed on',
        detail: `The answer of the VCS cannot be passed on: ${fault}.`,
        fate: 'answered',
        rule: hop.permission.endpoint.id,
      })
    }
    const headers = responseHeaders(answer.headers, {
      policy: this.#parts.policy,
      target: request.target,
      location,
    })
    const hasBody = request.method !== 'HEAD' && ![204, 205, 304].includes(answer.status)
    if (!hasBody) await drop(answer)
    // Whoever reads it hears of its end; one that breaks off before must not end the process.
    else answer.body.on('error', () => {})
    return {
      origin: 'vcs',
      status: answer.status,
      headers,
      body: hasBody ? answer.body : undefined,
    }
  }
}

/** `codeload.<host>` is where GitHub with subdomain isolation keeps its archives. */
function extraOrigins(settings: ResolvedVcsHandlerOptions, url: URL): readonly string[] {
  if (settings.extraOrigins !== undefined) {
    return settings.extraOrigins.map((text) => {
      const { origin, pathname } = parseBaseUrl(text, 'an extra origin of the VCS')
      if (pathname === '/') return origin
      throw new ConfigurationError(
        `Cannot use ${origin} as an extra origin of the VCS: it has a path. Give scheme and host alone.`,
      )
    })
  }
  return settings.kind === 'github-enterprise' ? [`${url.protocol}//codeload.${url.host}`] : []
}

function redirectOf({ status, headers }: UpstreamAnswer): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? valueOf(headers, 'location') : undefined
}

function credentialsRequest(hop: Hop, signal: AbortSignal): CredentialsRequest {
  const { endpoint, project, owner } = hop.permission
  return { traffic: endpoint.traffic, project, owner, signal }
}

function redirectAnswer(how: string, hop: Hop): RelayAnswer {
  return agentAnswer({
    status: 502,
    problem: 'vcs-redirect',
    title: 'The VCS sends somewhere where the relay does not go',
    detail: `The VCS redirects ${how}. Check its external URL, and \`extraOrigins\` for archives.`,
    fate: 'answered',
    rule: hop.permission.endpoint.id,
  })
}

/** Lets go of a body that nobody reads; a small one is read, so that its connection stays. */
async function drop(answer: UpstreamAnswer): Promise<void> {
  await answer.body.dump({ limit: 64 * 1024 }).catch(() => {})
}

import { ConfigurationError, createDispatcher, parseBaseUrl } from '@scalr-agent/core'
import type { Dispatcher } from 'undici'

import { createCredentials, type VcsCredentials } from '../credentials/index.ts'
import {
  explain,
  PolicyRecorder,
  RelayPolicy,
  type Explanation,
  type Permission,
} from '../policy/index.ts'
import type { RelayAnswer, RelayHandler, RelayRequest } from '../relay-exchange.ts'
import { agentAnswer } from './agent-answer.ts'
import { bodyFault } from './body-fault.ts'
import { ExchangeLog } from './exchange-log.ts'
import { headerFault } from './header-lines.ts'
import { Upstream } from './upstream.ts'
import {
  vcsHandlerOptionsSchema,
  type ResolvedVcsHandlerOptions,
  type VcsHandlerOptions,
} from './vcs-handler-options.ts'

/** The agent's side of requests to one VCS. */
export interface VcsHandler extends RelayHandler, AsyncDisposable {
  readonly policy: RelayPolicy
  /** Which rule or step decides over a request. Nothing is sent. */
  explain(method: string, target: string): Explanation
}

/**
 * Makes what answers requests to one private VCS: policy, credentials, the request itself.
 *
 * @throws {@link ConfigurationError}
 * @example
 * const handler = createVcsHandler({
 *   kind: 'gitlab',
 *   url: 'https://git.example.com',
 *   credentials: { type: 'token', tokenFile: '/run/secrets/gitlab' },
 *   policy: { allowedProjects: ['platform/**'], write: ['statuses'] },
 * })
 */
export function createVcsHandler(options: VcsHandlerOptions): VcsHandler {
  const parsed = vcsHandlerOptionsSchema.safeParse(options)
  if (!parsed.success) throw ConfigurationError.fromZod('the options of the VCS', parsed.error)
  const settings = parsed.data
  const url = parseBaseUrl(settings.url, 'the VCS')
  const policy = new RelayPolicy({
    kind: settings.kind,
    basePath: url.pathname,
    policy: settings.policy,
  })
  const dispatcher = createDispatcher(settings)
  const credentials = createCredentials(settings.credentials, {
    kind: settings.kind,
    url,
    dispatcher,
    clock: settings.clock,
  })
  return new PolicedHandler({ settings, url, policy, dispatcher, credentials })
}

interface Parts {
  readonly settings: ResolvedVcsHandlerOptions
  readonly url: URL
  readonly policy: RelayPolicy
  readonly dispatcher: Dispatcher
  readonly credentials: VcsCredentials
}

class PolicedHandler implements VcsHandler {
  readonly policy: RelayPolicy
  readonly #parts: Parts
  readonly #upstream: Upstream
  readonly #log: ExchangeLog
  readonly #recorder: PolicyRecorder | undefined
  #saved: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    const { settings } = parts
    this.#parts = parts
    this.policy = parts.policy
    this.#upstream = new Upstream(parts)
    this.#log = new ExchangeLog(settings.logger, settings.clock)
    this.#recorder = settings.learn === undefined ? undefined : new PolicyRecorder()
  }

  async handle(
    request: RelayRequest,
    options: { readonly signal: AbortSignal },
  ): Promise<RelayAnswer> {
    const decision = this.policy.decide(request.method, request.target)
    const done = this.#log.begin(request, decision)
    if (!decision.allowed) {
      request.body?.destroy()
      const answer = agentAnswer({
        status: 403,
        problem: 'relay-refused',
        title: 'The policy of the VCS agent does not allow this request',
        detail: decision.reason,
        fate: 'never-ran',
        step: decision.step,
        rule: decision.rule,
      })
      done(answer)
      return answer
    }
    const fault = headerFault(request.headers) ?? bodyFault(decision.endpoint, request)
    if (fault !== undefined) {
      request.body?.destroy()
      const answer = agentAnswer({
        status: 400,
        problem: 'relay-invalid-request',
        title: 'The request cannot be sent',
        detail: fault,
        fate: 'never-ran',
        rule: decision.endpoint.id,
      })
      done(answer)
      return answer
    }
    this.#learn(decision)
    const answer = await this.#upstream.exchange(request, decision, options)
    done(answer)
    return answer
  }

  explain(method: string, target: string): Explanation {
    return explain(this.policy, method, target)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#saved
    await this.#parts.dispatcher.destroy()
  }

  #learn(permission: Permission): void {
    const { settings } = this.#parts
    const recorder = this.#recorder
    if (recorder === undefined || settings.learn === undefined) return
    if (!recorder.record(permission)) return
    const { path } = settings.learn
    this.#saved = this.#saved
      .then(() => recorder.save(path))
      .catch((error: unknown) => {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
        settings.logger.error({ path, code }, 'cannot write the policy that was learned')
      })
  }
}

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { systemClock, type Clock } from '@scalr-agent/core'
import { silentLogger, type Logger } from '@scalr-agent/core/runtime'

import { deliveryIdOf } from './delivery-id.ts'
import { exceedsHeaderLimits, headerPairs, withoutHeader } from './header-lines.ts'
import {
  resolveListenerOptions,
  type ResolvedHook,
  type ResolvedListenerOptions,
  type WebhookListenerOptions,
} from './listener-options.ts'
import { projectOf } from './project-of.ts'
import { BodyBudget, readBody, type BodyFault } from './read-body.ts'
import { senderAddress } from './sender-address.ts'
import { verifyWebhook } from './signatures/index.ts'
import { SourceList } from './source-list.ts'
import { SpoolFullError, type WebhookSpool } from './spool/index.ts'
import { sendAnswer, type WebhookAnswer } from './webhook-answer.ts'

interface ListeningHook extends ResolvedHook {
  readonly sources: SourceList | undefined
}

/**
 * Takes webhooks of private forges: a handler of Node's http server. A forge gets its 2xx once the webhook
 * is kept for good in the spool; when the control plane gets it is another matter.
 */
export class WebhookListener {
  readonly #options: ResolvedListenerOptions
  readonly #spool: Pick<WebhookSpool, 'add'>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #hooks: ReadonlyMap<string, ListeningHook>
  readonly #trustedProxies: SourceList
  readonly #budget: BodyBudget

  /** @throws ConfigurationError */
  constructor(
    options: WebhookListenerOptions,
    parts: {
      readonly spool: Pick<WebhookSpool, 'add'>
      readonly clock?: Clock
      readonly logger?: Logger
    },
  ) {
    this.#options = resolveListenerOptions(options)
    this.#spool = parts.spool
    this.#clock = parts.clock ?? systemClock
    this.#logger = parts.logger ?? silentLogger
    this.#trustedProxies = new SourceList(this.#options.trustedProxies)
    this.#budget = new BodyBudget(this.#options.maxBufferedBytes)
    this.#hooks = new Map(
      this.#options.hooks.map((hook) => [
        pathKey(hook.path),
        { ...hook, sources: hook.allowFrom && new SourceList(hook.allowFrom) },
      ]),
    )
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A sender that leaves while it is answered is no fault of ours.
    response.on('error', () => {})
    let answer: WebhookAnswer
    try {
      answer = await this.#take(request, response)
    } catch (error) {
      answer = this.#failure(error)
    }
    const unread = !request.complete && answer.status !== 202 && answer.status !== 200
    sendAnswer(response, unread ? { ...answer, cut: true } : answer)
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<WebhookAnswer> {
    const target = request.url ?? ''
    const [path = ''] = target.split('?')
    // Looked up by digest: how long that takes tells nothing of paths that exist.
    const hook = this.#hooks.get(pathKey(path))
    if (hook === undefined) return { status: 404, message: 'There is no hook at this path.' }
    const sender = senderAddress(request, this.#trustedProxies)
    const refuse = (status: number, reason: string): WebhookAnswer => {
      this.#logger.warn({ vcs: hook.vcs, sender, status, reason }, 'A webhook was refused')
      return { status, message: `This webhook was refused: ${reason}.` }
    }
    if (hook.sources?.has(sender) === false) {
      return refuse(403, 'its sender is not among the addresses that this hook allows')
    }
    if (request.method !== 'POST') {
      return { ...refuse(405, 'only POST is taken here'), headers: { allow: 'POST' } }
    }
    const headers = headerPairs(request.rawHeaders)
    if (exceedsHeaderLimits(headers)) return refuse(431, 'its headers are too many or too large')
    if (Number(request.headers['content-length'] ?? 0) > this.#options.maxBodyBytes) {
      return refuse(413, `its body is larger than ${this.#options.maxBodyBytes} bytes`)
    }
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
    const body = await readBody(request, this.#options, this.#budget)
    if (typeof body === 'string') return this.#bodyAnswer(body, refuse)
    try {
      const now = this.#clock.now()
      const { kind, secrets, vcs } = hook
      const isChecked = secrets.length > 0
      if (isChecked) {
        const reason = verifyWebhook({ kind, secrets, headers, body, now })
        if (reason !== undefined) return refuse(401, reason)
      }
      const { id, isNew } = await this.#spool.add({
        vcs,
        deliveryId: deliveryIdOf(kind, headers),
        project: projectOf(headers, body),
        receivedAt: now.toISOString(),
        // The path is a secret of the agent's side, and the control plane needs none of it.
        target: `/${target.slice(path.length)}`,
        // GitLab's token is the secret itself: once checked, it has done its work.
        headers: isChecked ? withoutHeader(headers, 'x-gitlab-token') : headers,
        body,
        signature: isChecked ? 'verified' : 'unchecked',
      })
      this.#logger.debug({ vcs, webhook: id, isNew }, 'A webhook is kept')
      return isNew
        ? { status: 202, message: `Kept as ${id}.` }
        : { status: 200, message: `Known already as ${id}.` }
    } finally {
      this.#budget.giveBack(body.byteLength)
    }
  }

  #bodyAnswer(
    fault: BodyFault,
    refuse: (status: number, reason: string) => WebhookAnswer,
  ): WebhookAnswer {
    switch (fault) {
      case 'too-large':
        return refuse(413, `its body is larger than ${this.#options.maxBodyBytes} bytes`)
      case 'too-slow':
        return refuse(408, 'its body came too slowly')
      case 'broken-off':
        return refuse(400, 'its body broke off')
      case 'no-room':
        return {
          ...refuse(503, 'too many webhooks arrive at this moment'),
          headers: { 'retry-after': '5' },
        }
    }
  }

  #failure(error: unknown): WebhookAnswer {
    this.#logger.error(
      { err: error },
      'A webhook could not be kept; the forge is asked to send it again',
    )
    const retryAfterS = error instanceof SpoolFullError ? 60 : 10
    return {
      status: 503,
      message: 'The agent cannot keep this webhook now. Its log says why.',
      headers: { 'retry-after': String(retryAfterS) },
    }
  }
}

function pathKey(path: string): string {
  return createHash('sha256').update(path).digest('base64')
}

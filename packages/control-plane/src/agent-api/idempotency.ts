import { createHash } from 'node:crypto'

import { problemTypes, protocolHeaders } from '@scalr-agent/core/protocol'
import type { FastifyRequest } from 'fastify'

import type { Clock } from '../runtime/index.ts'
import { IdempotencyKeysRepository, type Database } from '../store/index.ts'

import { AgentApiError } from './agent-api-error.ts'

/**
 * Watches over idempotency keys. Every POST of the protocol may be repeated by its nature (by instance, by
 * job and fencing token), and its answer may hold secrets, so no answer is kept: only what the key stood
 * for, to refuse one that comes again with another request.
 */
export class IdempotencyGuard {
  readonly #keys: IdempotencyKeysRepository
  readonly #db: Database
  readonly #clock: Clock

  constructor(options: { readonly db: Database; readonly clock: Clock }) {
    this.#db = options.db
    this.#clock = options.clock
    this.#keys = new IdempotencyKeysRepository(options.db)
  }

  /** @param owner whose key it is: others may use the same. @throws {@link AgentApiError} 422 */
  check(owner: string, request: FastifyRequest): void {
    const header = request.headers[protocolHeaders.idempotencyKey]
    if (typeof header !== 'string') return
    if (header === '' || header.length > 255) {
      throw new AgentApiError(
        400,
        problemTypes.invalidRequest,
        'An idempotency key has 1 to 255 characters.',
      )
    }
    const key = `${owner}:${header}`
    const asked = createHash('sha256')
      .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest('base64')
    const known = this.#keys.get(key)
    if (known !== undefined) {
      if (known.body === asked) return
      throw new AgentApiError(
        422,
        problemTypes.invalidRequest,
        'This idempotency key was used for another request. Use a new key for each request.',
      )
    }
    this.#db.transaction(
      () => {
        const created_at = this.#clock.now().toISOString()
        this.#keys.put({ key, status: 0, body: asked, created_at })
      },
      { durable: false },
    )
  }
}

import type { Clock, Logger } from '@scalr-agent/core'

import type { PolicyDecision } from '../policy/index.ts'
import type { RelayAnswer, RelayRequest } from '../relay-exchange.ts'

/**
 * Logs exchanges by what is known to hold no secret: rule, template and known parameters, never the target, a
 * header or a value.
 */
export class ExchangeLog {
  readonly #logger: Logger
  readonly #clock: Clock

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  /** Begins to measure; call the result with the answer. */
  begin(request: RelayRequest, decision: PolicyDecision): (answer: RelayAnswer) => void {
    const startMs = this.#clock.monotonicMs()
    const what = decision.allowed
      ? {
          rule: decision.endpoint.id,
          template: decision.endpoint.template,
          queryKeys: decision.target.query.map(({ key }) => key),
        }
      : { rule: decision.rule, step: decision.step }
    return (answer) => {
      const fields = {
        request: request.id,
        method: /^[A-Z]{3,7}$/u.test(request.method) ? request.method : 'other',
        ...what,
        origin: answer.origin,
        status: answer.status,
        durationMs: Math.round(this.#clock.monotonicMs() - startMs),
      }
      if (decision.allowed) this.#logger.info(fields, 'relayed a request')
      else this.#logger.warn(fields, `refused a request: ${decision.reason}`)
    }
  }
}

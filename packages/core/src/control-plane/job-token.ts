import { readTokenPayload } from '../http/index.ts'
import type { JobTokenResponse } from '../protocol/index.ts'
import type { Clock } from '../runtime/index.ts'

/** How long after a failed renewal the next is tried. */
const renewAgainMs = 30_000

/**
 * The token of one job, and when it is due: past half of its life the next call has it renewed in the
 * background, while the present one is still good.
 */
export class JobToken {
  readonly #clock: Clock
  readonly #renew: () => Promise<unknown>
  #value: string
  #dueMs: number
  #renewing = false

  constructor(options: {
    readonly token: JobTokenResponse
    readonly clock: Clock
    /** Must end in `replace`. */
    readonly renew: () => Promise<unknown>
  }) {
    this.#clock = options.clock
    this.#renew = options.renew
    this.#value = options.token.jobToken
    this.#dueMs = this.#halfLife(options.token)
  }

  get value(): string {
    return this.#value
  }

  replace(token: JobTokenResponse): void {
    this.#value = token.jobToken
    this.#dueMs = this.#halfLife(token)
  }

  /** Starts a renewal if one is due. Never throws: a call with a dead token gets its own 401. */
  touch(): void {
    if (this.#renewing || this.#clock.monotonicMs() < this.#dueMs) return
    this.#renewing = true
    this.#dueMs = this.#clock.monotonicMs() + renewAgainMs
    this.#renew().then(
      () => {
        this.#renewing = false
      },
      () => {
        this.#renewing = false
      },
    )
  }

  /** By the server's own figures where the token has them, so that a wrong clock here does not matter. */
  #halfLife(token: JobTokenResponse): number {
    const lifeMs =
      lifeFromPayload(token.jobToken) ??
      Date.parse(token.jobTokenExpiresAt) - this.#clock.now().getTime()
    return this.#clock.monotonicMs() + Math.max(0, lifeMs) / 2
  }
}

function lifeFromPayload(token: string): number | undefined {
  try {
    const { iat, exp } = readTokenPayload(token)
    return iat === undefined || exp === undefined ? undefined : (exp - iat) * 1000
  } catch {
    return undefined
  }
}

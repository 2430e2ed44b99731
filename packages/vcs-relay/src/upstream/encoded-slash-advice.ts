import type { Logger } from '@scalr-agent/core'

import { valueOf } from './header-lines.ts'
import type { Hop } from './next-hop.ts'
import type { UpstreamAnswer } from './send-upstream.ts'

/**
 * Proxies before a VCS often refuse `%2F`, or decode it, and then no project with a group is found. Their
 * answers are pages, not JSON: told once, with what to set.
 */
export class EncodedSlashAdvice {
  readonly #logger: Logger
  #isTold = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  look(hop: Hop, answer: UpstreamAnswer): void {
    if (this.#isTold || ![400, 404].includes(answer.status)) return
    const { endpoint, target } = hop.permission
    const isAsked = target.segments.some(({ hasEncodedSlash }) => hasEncodedSlash)
    const isJson = /\bjson\b/iu.test(valueOf(answer.headers, 'content-type') ?? '')
    if (!isAsked || isJson || endpoint.traffic !== 'rest') return
    this.#isTold = true
    this.#logger.warn(
      { rule: endpoint.id, status: answer.status },
      'the VCS, or a proxy before it, seems not to let encoded slashes (%2F) through: ' +
        'set `AllowEncodedSlashes NoDecode` and `nocanon` in Apache, `allowEncodedSlash` in Traefik, ' +
        'leave the URI out of `proxy_pass` in nginx, or ask for projects by their ids',
    )
  }
}

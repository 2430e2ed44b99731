import { createHmac, timingSafeEqual } from 'node:crypto'

import type { Clock, IdSource } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'

import { ensureSigningKey } from './signing-key.ts'

/** Proofs in links that open one file for a short time, for clients which send no token with a download. */
export interface DownloadLinks {
  /** Goes into the link. */
  proofOf(fileId: string): string
  isGood(fileId: string, proof: string): boolean
}

const usualLifeMs = 15 * 60_000

export function createDownloadLinks(options: {
  readonly db: Database
  readonly clock: Clock
  readonly ids: IdSource
  /** @default 15 minutes */
  readonly lifeMs?: number
}): DownloadLinks {
  const { db, clock, ids, lifeMs = usualLifeMs } = options
  const key = ensureSigningKey(db, { clock, ids })

  function sign(fileId: string, expires: number): string {
    return createHmac('sha256', key.secret)
      .update(`download-link\0${fileId}\0${expires}`)
      .digest('base64url')
  }

  return {
    proofOf: (fileId) => {
      const expires = Math.ceil((clock.now().getTime() + lifeMs) / 1000)
      return `${expires}.${sign(fileId, expires)}`
    },
    isGood: (fileId, proof) => {
      const [, expires, signature] = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/u.exec(proof) ?? []
      if (expires === undefined || signature === undefined) return false
      const wanted = Buffer.from(sign(fileId, Number(expires)))
      const given = Buffer.from(signature)
      return (
        wanted.byteLength === given.byteLength &&
        timingSafeEqual(wanted, given) &&
        Number(expires) * 1000 > clock.now().getTime()
      )
    },
  }
}

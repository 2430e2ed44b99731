import type { FastifyReply } from 'fastify'

import { jsonApiType } from '../public-api/index.ts'

interface Identifier {
  readonly type: string
  readonly id: string
}

/** One resource of a document. */
export interface TfeResource extends Identifier {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly relationships?: Readonly<
    Record<string, { readonly data: Identifier | readonly Identifier[] | null }>
  >
}

/** Which part of a list. */
export interface Page {
  /** From 1. */
  readonly number: number
  readonly size: number
}

export function sendData(reply: FastifyReply, data: TfeResource, status = 200): FastifyReply {
  return send(reply, status, { data })
}

export function sendList(
  reply: FastifyReply,
  data: readonly TfeResource[],
  { page, total }: { readonly page: Page; readonly total: number },
): FastifyReply {
  const pages = Math.max(1, Math.ceil(total / page.size))
  return send(reply, 200, {
    data,
    meta: {
      pagination: {
        'current-page': page.number,
        'prev-page': page.number > 1 ? page.number - 1 : null,
        'next-page': page.number < pages ? page.number + 1 : null,
        'total-pages': pages,
        'total-count': total,
      },
    },
  })
}

/** A relation to one, which may be unset. */
export function toOne(type: string, id: string | null): { readonly data: Identifier | null } {
  return { data: id === null ? null : { type, id } }
}

export function toMany(
  type: string,
  ids: readonly string[],
): { readonly data: readonly Identifier[] } {
  return { data: ids.map((id) => ({ type, id })) }
}

function send(reply: FastifyReply, status: number, document: unknown): FastifyReply {
  // As bytes, since fastify gives a string a charset, which JSON:API does not allow.
  return reply
    .code(status)
    .type(jsonApiType)
    .send(Buffer.from(JSON.stringify(document)))
}

import type { FastifyReply } from 'fastify'

import type { DataFile } from '../../store/index.ts'
import type { PublicApiError } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'

/** Sends a file that was stored whole, or says that it is not there. */
export async function sendStored(
  api: PublicApi,
  reply: FastifyReply,
  stored: {
    readonly file: DataFile
    readonly mediaType: string
    /** To save it under. */
    readonly fileName?: string
    readonly missing: PublicApiError
  },
): Promise<FastifyReply> {
  const size = await api.files.size(stored.file)
  if (size === undefined) throw stored.missing
  if (stored.fileName !== undefined) {
    reply.header('content-disposition', `attachment; filename="${stored.fileName}"`)
  }
  return reply
    .header('content-length', size)
    .type(stored.mediaType)
    .send(api.files.read(stored.file))
}

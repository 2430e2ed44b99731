import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

import { ControlPlaneError, type Logger } from '../../runtime/index.ts'
import { TokenRejectedError } from '../../tokens/index.ts'

import { jsonApiType } from './media-types.ts'
import { PublicApiError, type ErrorEntry } from './public-api-error.ts'

/** Turns whatever a route throws into Scalr's error body. What is not foreseen tells nothing but an id. */
export function createErrorHandler(logger: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, entries } = describe(error, request)
    if (status >= 500) {
      logger.error(
        {
          requestId: request.id,
          method: request.method,
          route: request.routeOptions.url,
          err: error,
        },
        'A request to the public API failed',
      )
    }
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return sendErrors(reply, status, entries)
  }
}

export function sendErrors(
  reply: FastifyReply,
  status: number,
  entries: readonly ErrorEntry[],
): FastifyReply {
  // As bytes, since fastify gives a string a charset, which JSON:API does not allow.
  return reply
    .code(status)
    .type(jsonApiType)
    .send(
      Buffer.from(
        JSON.stringify({
          errors: entries.map((entry) => ({
            status: String(status),
            title: entry.title,
            detail: entry.detail ?? null,
            code: null,
            source: sourceOf(entry),
            meta: null,
          })),
        }),
      ),
    )
}

function sourceOf(entry: ErrorEntry): Record<string, string> | null {
  if (entry.pointer !== undefined) return { pointer: entry.pointer }
  if (entry.parameter !== undefined) return { parameter: entry.parameter }
  return null
}

function describe(
  error: unknown,
  request: FastifyRequest,
): { readonly status: number; readonly entries: readonly ErrorEntry[] } {
  if (error instanceof PublicApiError) return { status: error.status, entries: error.entries }
  if (error instanceof TokenRejectedError) {
    return { status: 401, entries: [{ title: 'Unauthorized', detail: error.message }] }
  }
  if (error instanceof ControlPlaneError && error.code === 'DISK_FULL') {
    return {
      status: 507,
      entries: [
        {
          title: 'Insufficient Storage',
          detail: 'The disk of the control plane is full. Nothing was changed.',
        },
      ],
    }
  }
  if (error instanceof ControlPlaneError && error.code === 'TOO_LARGE') {
    return { status: 413, entries: [{ title: 'Payload Too Large', detail: error.message }] }
  }
  if (isClientError(error)) {
    return { status: error.statusCode, entries: [{ title: titleOf(error), detail: error.message }] }
  }
  return {
    status: 500,
    entries: [
      {
        title: 'Internal Server Error',
        detail: `Something went wrong. The log of the control plane names the cause under request ${request.id}.`,
      },
    ],
  }
}

/** What fastify itself refuses: broken JSON, too large a body, an unknown media type. */
function isClientError(error: unknown): error is FastifyError & { readonly statusCode: number } {
  if (!(error instanceof Error) || !('statusCode' in error)) return false
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
}

function titleOf(error: { readonly statusCode: number }): string {
  switch (error.statusCode) {
    case 413:
      return 'Payload Too Large'
    case 415:
      return 'Unsupported Media Type'
    default:
      return 'Bad Request'
  }
}

import type { Readable } from 'node:stream'

import { requestMessageSchema } from '../protocol/index.ts'
import { RelayError } from '../relay-error.ts'
import type { RelayRequest } from '../relay-exchange.ts'

/** Refuses what no agent could take, before any is asked. @throws {@link RelayError} `INVALID_REQUEST` */
export function checkRequest(request: Omit<RelayRequest, 'id'>): void {
  const { body, ...rest } = request
  const result = requestMessageSchema.safeParse({
    ...rest,
    type: 'request',
    id: 'request',
    hasBody: body !== undefined,
  })
  if (result.success) return
  const [issue] = result.error.issues
  // The path, never the value: it may be a header with a token.
  throw new RelayError(
    `Cannot relay a request to '${request.vcs}': ${issue?.path.map(String).join('.')} ${issue?.message}.`,
    { code: 'INVALID_REQUEST', fate: 'never-ran' },
  )
}

/** A body that nobody will read; its errors are of no interest then. */
export function abandonBody(body: Readable | undefined): void {
  if (body === undefined || body.destroyed) return
  body.on('error', () => {})
  body.destroy()
}

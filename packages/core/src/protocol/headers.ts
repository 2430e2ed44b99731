/**
 * Headers of the protocol, in the lower case that Node uses.
 *
 * Calls with a binary body (`PATCH /jobs/{id}/log`, `PUT /jobs/{id}/files/{name}`) carry the fencing
 * token as a header, the others in the JSON body.
 */
export const protocolHeaders = {
  /** Where the body starts in the log (IETF draft-ietf-httpbis-resumable-upload). */
  uploadOffset: 'upload-offset',
  /** RFC 9530 digest of the whole file. */
  reprDigest: 'repr-digest',
  fencingToken: 'scalr-agent-fencing-token',
  idempotencyKey: 'idempotency-key',
  requestId: 'x-request-id',
} as const

/** Largest body of one log append. */
export const maxLogAppendBytes = 1024 * 1024

/** Largest JSON body either side accepts. */
export const maxJsonBodyBytes = 16 * 1024 * 1024

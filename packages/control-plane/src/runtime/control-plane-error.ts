/** Why a control plane could not start or go on. */
export type ControlPlaneErrorCode =
  | 'INVALID_OPTIONS'
  | 'DATA_DIR_UNUSABLE'
  | 'DATA_DIR_IN_USE'
  | 'DATABASE_TOO_NEW'
  | 'DATABASE_FAILURE'
  | 'DISK_FULL'
  | 'PORT_IN_USE'
  | 'LISTEN_FAILED'
  | 'INSECURE_ADDRESS'
  | 'INVALID_CERTIFICATE'
  | 'TOO_LARGE'
  | 'DIGEST_MISMATCH'

/**
 * The control plane could not do its work: an option, the data directory, the disk, a port. What a
 * caller of the API did wrong is never one of these, and its message never holds a secret.
 */
export class ControlPlaneError extends Error {
  override readonly name = 'ControlPlaneError'
  readonly code: ControlPlaneErrorCode

  constructor(
    message: string,
    options: { readonly code: ControlPlaneErrorCode; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
  }
}

/** The `code` of a Node or SQLite error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

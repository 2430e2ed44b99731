import { createSHA256, type IHasher } from 'hash-wasm'

import { ProtocolError } from '../errors/index.ts'

/**
 * A SHA-256 whose state can be saved and loaded again, so that neither the spool nor the control plane
 * needs to be read again after a crash. `node:crypto` cannot do that.
 */
export class RunningDigest {
  readonly #hasher: IHasher

  private constructor(hasher: IHasher) {
    this.#hasher = hasher
  }

  /**
   * @param state - From `save`.
   * @throws {@link ProtocolError} `INVALID_RECORD` when the state is of another version of the hasher.
   */
  static async create(state?: string): Promise<RunningDigest> {
    const digest = new RunningDigest((await createSHA256()).init())
    if (state !== undefined) digest.load(state)
    return digest
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes)
  }

  /** The state, in base64. */
  save(): string {
    return Buffer.from(this.#hasher.save()).toString('base64')
  }

  /** Goes back to a saved state. @throws as `create` does. */
  load(state: string): void {
    try {
      this.#hasher.load(Buffer.from(state, 'base64'))
    } catch (error) {
      throw new ProtocolError(
        'Cannot go on with the digest of a log: its saved state is broken or of another version.',
        { code: 'INVALID_RECORD', cause: error },
      )
    }
  }

  /** The digest of what was given so far, in the form of RFC 9530. */
  digest(): string {
    const state = this.#hasher.save()
    const digest = Buffer.from(this.#hasher.digest('binary')).toString('base64')
    this.#hasher.init()
    this.#hasher.load(state)
    return `sha-256=:${digest}:`
  }
}

import { createHash, type Hash } from 'node:crypto'

/** A running SHA-256 whose end is written as RFC 9530 wants it: `sha-256=:<base64>:`. */
export class Sha256Digest {
  readonly #hash: Hash = createHash('sha256')

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** Ends the digest; call it once. */
  end(): string {
    return `sha-256=:${this.#hash.digest('base64')}:`
  }
}

/** The `sha-256` member of a `Repr-Digest` header, which may hold other algorithms beside it. */
export function sha256Of(header: string | undefined): string | undefined {
  return header
    ?.split(',')
    .map((member) => member.trim())
    .find((member) => member.startsWith('sha-256='))
}

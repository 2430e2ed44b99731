import { CacheError } from '../../errors/index.ts'

export interface VerifySignatureOptions {
  readonly content: Uint8Array
  /** Detached, binary or armored. */
  readonly signature: Uint8Array
  /** Armored public keys; one good signature by one of them is enough. */
  readonly keys: readonly string[]
  readonly item: string
  /** URL of the signature. */
  readonly source: string
}

/** @throws {@link CacheError} `BAD_SIGNATURE` */
export async function verifySignature(options: VerifySignatureOptions): Promise<void> {
  // Large, and most agents never need it.
  const { createMessage, readKeys, readSignature, verify } = await import('openpgp')
  const bad = (why: string, cause?: unknown): CacheError =>
    new CacheError(
      `Cannot trust ${options.item}: ${why}. Nothing of it was kept. Compare the configured signing keys with those that its makers publish, and the mirror with their releases.`,
      { item: options.item, code: 'BAD_SIGNATURE', cause },
    )
  const keys = await Promise.all(
    options.keys.map((armoredKeys) => readKeys({ armoredKeys })),
  ).catch((cause: unknown) => {
    throw bad('a configured signing key cannot be read', cause)
  })
  const text = Buffer.from(options.signature).toString('latin1')
  const signature = await (
    text.startsWith('-----BEGIN PGP SIGNATURE-----')
      ? readSignature({ armoredSignature: text })
      : readSignature({ binarySignature: options.signature })
  ).catch((cause: unknown) => {
    throw bad(`${options.source} is no OpenPGP signature`, cause)
  })
  const message = await createMessage({ binary: options.content })
  const { signatures } = await verify({ message, signature, verificationKeys: keys.flat() })
  const results = await Promise.allSettled(signatures.map(({ verified }) => verified))
  if (results.some((result) => result.status === 'fulfilled')) return
  const [first] = results.filter((result) => result.status === 'rejected')
  throw bad(
    `${options.source} is not by one of the configured signing keys, or its sums were changed`,
    first?.reason,
  )
}

import type { Signature } from 'openpgp'

export interface VerifySignatureOptions {
  readonly content: Uint8Array
  /** Detached, binary or armored. */
  readonly signature: Uint8Array
  /** Armored public keys; one good signature by one of them is enough. */
  readonly keys: readonly string[]
}

/** Why a signature proves nothing. */
export interface SignatureProblem {
  readonly kind: 'no-signature' | 'unreadable-key' | 'not-signed'
  readonly cause?: unknown
}

/**
 * Verifies a detached OpenPGP signature; `undefined`: it is good. As with tofu, a key that has expired
 * since still counts, since releases are not signed anew.
 */
export async function verifySignature(
  options: VerifySignatureOptions,
): Promise<SignatureProblem | undefined> {
  if (options.keys.length === 0) return { kind: 'not-signed' }
  // Large, and most agents never need it.
  const { createMessage, readKeys, readSignature, verify } = await import('openpgp')
  const text = Buffer.from(options.signature).toString('latin1')
  let signature: Signature
  try {
    signature = await (text.startsWith('-----BEGIN PGP SIGNATURE-----')
      ? readSignature({ armoredSignature: text })
      : readSignature({ binarySignature: options.signature }))
  } catch (cause) {
    return { kind: 'no-signature', cause }
  }
  const message = await createMessage({ binary: options.content })
  // Of the many keys that a registry gives, one that cannot be read must not outweigh a good one.
  let problem: SignatureProblem = { kind: 'not-signed' }
  for (const armoredKeys of options.keys) {
    try {
      const verificationKeys = await readKeys({ armoredKeys }).catch((cause: unknown) => {
        problem = { kind: 'unreadable-key', cause }
        return undefined
      })
      if (verificationKeys === undefined) continue
      const { signatures } = await verify({
        message,
        signature,
        verificationKeys,
        format: 'binary',
        // The moment of the signature decides whether its key was valid.
        date: timeOf(signature),
      })
      const results = await Promise.allSettled(signatures.map(({ verified }) => verified))
      if (results.some((result) => result.status === 'fulfilled')) return undefined
      const [first] = results.filter((result) => result.status === 'rejected')
      if (problem.kind === 'not-signed') problem = { kind: 'not-signed', cause: first?.reason }
    } catch (cause) {
      problem = { kind: 'not-signed', cause }
    }
  }
  return problem
}

function timeOf(signature: Signature): Date {
  for (const { created } of signature.packets) if (created !== null) return created
  return new Date()
}

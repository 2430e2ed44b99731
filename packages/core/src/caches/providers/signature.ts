/**
 * Whether a detached OpenPGP signature of a text was made by one of these armored public keys. As with
 * tofu, a key that has expired since still counts: releases are not signed anew.
 */
export async function isSignedByOneOf(
  armoredKeys: readonly string[],
  text: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (armoredKeys.length === 0) return false
  // Loaded when the first registry is asked: agents behind a mirror never need it.
  const openpgp = await import('openpgp')
  try {
    const detached = await openpgp.readSignature({ binarySignature: signature })
    const message = await openpgp.createMessage({ binary: text })
    for (const armoredKey of armoredKeys) {
      const verificationKeys = await openpgp.readKeys({ armoredKeys: armoredKey })
      const result = await openpgp.verify({
        message,
        signature: detached,
        verificationKeys,
        format: 'binary',
        // The moment of the signature decides whether its key was valid.
        date: signatureTime(detached),
      })
      for (const { verified } of result.signatures) {
        const isGood = await verified.then(
          () => true,
          () => false,
        )
        if (isGood) return true
      }
    }
    return false
  } catch {
    // Neither key nor signature that could be read.
    return false
  }
}

function signatureTime(signature: {
  readonly packets: Iterable<{ readonly created: Date | null }>
}): Date {
  for (const { created } of signature.packets) if (created !== null) return created
  return new Date()
}

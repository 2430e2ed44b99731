import { createHash } from 'node:crypto'

/** What a companion says of the end of main. */
export type SealedRecord =
  /** Main has not ended, or nobody could be asked. */
  | { readonly kind: 'none' }
  /** As main's termination message will be. */
  | { readonly kind: 'proven'; readonly message: string }
  /** There is a record, and it is not the supervisor's: a job can write any file of its pod. */
  | { readonly kind: 'forged' }

/** Stands in the kubeJob, so that any agent process knows the seal when it sees it, and nobody else learns it. */
export function sealDigest(seal: string): string {
  return createHash('sha256').update(seal).digest('hex')
}

/** Reads what `exitRecordCommand` said. Half an answer is none. */
export function readSealedRecord(said: string, digest: string): SealedRecord {
  const match = /^sealed ([^\n]*)\n(marks[^\n]*)\n$/u.exec(said)
  if (match === null) return { kind: 'none' }
  const [, sealed = '', explaining = ''] = match
  const [seal = '', ...record] = sealed.split(' ')
  if (sealDigest(seal) !== digest) return { kind: 'forged' }
  return { kind: 'proven', message: `${record.join(' ')}\n${explaining}\n` }
}

import type { ServerVersion } from '../calls/kube-client.ts'

/** What the objects of a server may hold: what it does not know it drops without a word. */
export interface ServerFeatures {
  /** An init container that runs on beside the others, and ends after them. */
  readonly sidecars: boolean
  readonly podFailurePolicy: boolean
  readonly podReplacementPolicy: boolean
  readonly ttlAfterFinished: boolean
  readonly policyV1: boolean
}

/** By default on since these versions. */
export function featuresOf({
  major,
  minor,
}: Pick<ServerVersion, 'major' | 'minor'>): ServerFeatures {
  const since = (first: number): boolean => major > 1 || minor >= first
  return {
    sidecars: since(29),
    podFailurePolicy: since(26),
    podReplacementPolicy: since(29),
    ttlAfterFinished: since(21),
    policyV1: since(21),
  }
}

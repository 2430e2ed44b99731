import { createHash } from 'node:crypto'

/** An RFC 1123 label. What does not fit as it is gets a digest, so that two names never become one. */
export function workloadName(name: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12)
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+/gu, '')
    .slice(0, 63 - digest.length - 1)
    .replaceAll(/-+$/gu, '')
  return readable === '' ? digest : `${readable}-${digest}`
}

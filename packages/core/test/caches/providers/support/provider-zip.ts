import { createHash } from 'node:crypto'

import { zipSync, type ZipOptions } from 'fflate'

import { h1Of } from '../../../../src/caches/providers/package-hash.ts'

/** A small archive that stands for a provider, with the hashes that a lock file would have. */
export interface FakeZip {
  readonly bytes: Buffer
  readonly zh: string
  readonly h1: string
}

export function fakeZip(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: { readonly mode?: number; readonly level?: ZipOptions['level'] } = {},
): FakeZip {
  const attrs = (options.mode ?? 0o100755) << 16
  const entries = Object.entries(files).map(([path, content]) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    return [path, [bytes, { os: 3, attrs, level: options.level ?? 6 }]] as const
  })
  const bytes = Buffer.from(zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0]))
  const hashed = Object.entries(files).map(([path, content]) => ({ path, sha256: hex(content) }))
  return { bytes, zh: `zh:${hex(bytes)}`, h1: h1Of(hashed) }
}

function hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

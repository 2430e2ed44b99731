import { open } from 'node:fs/promises'

import type { Workload } from '../executor/index.ts'
import { Masker } from '../logs/index.ts'

/**
 * Writes the output of a launched agent to a file, from its first byte, so that a launcher that took it over
 * has all of it. What comes after the limit is counted, not kept.
 * @returns how long the output was
 */
export async function keepLog(
  workload: Workload,
  path: string,
  options: {
    readonly limitBytes: number
    readonly secrets: readonly string[]
    readonly signal: AbortSignal
  },
): Promise<number> {
  const masker = new Masker(options.secrets)
  const file = await open(path, 'w', 0o600)
  let kept = 0
  let length = 0
  const keep = async (bytes: Uint8Array): Promise<void> => {
    const part = bytes.subarray(0, Math.max(options.limitBytes - kept, 0))
    if (part.byteLength > 0) await file.appendFile(part)
    kept += part.byteLength
    length += bytes.byteLength
  }
  try {
    for await (const chunk of workload.output(0, { signal: options.signal })) {
      await keep(masker.push(chunk))
    }
    await keep(masker.flush())
    if (length > kept) {
      await file.appendFile(`\n[scalr-agent] ${length - kept} further bytes were not kept.\n`)
    }
    return length
  } finally {
    await file.close()
  }
}

import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import type { ControlPlaneJob } from '../control-plane/index.ts'
import type { JobFile } from '../protocol/index.ts'

/**
 * Fetches the files of a job into `directory`, a few at once. Size and digest are checked while they
 * stream; a file that fails its check is an error and the job is not launched.
 */
export async function downloadFiles(
  job: ControlPlaneJob,
  files: readonly JobFile[],
  directory: string,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await Promise.all(
    files.map(async (file) => {
      const body = await job.download(file.name, file, options)
      await pipeline(body, createWriteStream(join(directory, file.name), { mode: 0o600 }), {
        signal: options.signal,
      })
    }),
  )
}

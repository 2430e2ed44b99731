import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { KitSubject } from './kit-executors.ts'

/** The process executor, in a data directory of its own. */
export async function openProcessExecutor(): Promise<KitSubject> {
  const { ProcessExecutor } = await import('@scalr-agent/executor-process')
  const dataDir = await mkdtemp(join(tmpdir(), 'scalr-agent-kit-'))
  return {
    options: { create: () => new ProcessExecutor({ dataDir }), recordsDirectory: dataDir },
    [Symbol.asyncDispose]: async () => {
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

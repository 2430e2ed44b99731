import { ProcessExecutor } from '@scalr-agent/executor-process'

/** For the conformance kit's child process; the query of this module's URL names the data directory. */
export function createExecutor(): ProcessExecutor {
  return new ProcessExecutor({
    dataDir: new URL(import.meta.url).searchParams.get('dataDir') ?? '',
  })
}

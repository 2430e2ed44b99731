import { ProcessExecutor } from '@scalr-agent/executor-process'

/** What the kit's launching process uses. The data directory comes in the query of this module's URL. */
export function createExecutor(): ProcessExecutor {
  const dataDir = new URL(import.meta.url).searchParams.get('dataDir')
  if (dataDir === null) throw new Error('The URL of this module needs ?dataDir=…')
  return new ProcessExecutor({ dataDir })
}

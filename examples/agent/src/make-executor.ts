import { ConfigurationError, type Executor } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

/** The executor that `SCALR_AGENT_DRIVER` names; Scalr calls bare processes `local`. */
export function makeExecutor(driver: string, dataDir: string): Executor {
  switch (driver) {
    case 'local':
    case 'process':
      return new ProcessExecutor({ dataDir })
    default:
      throw new ConfigurationError(
        `Cannot use SCALR_AGENT_DRIVER=${driver}: this agent knows 'process' (or 'local', its name at Scalr).`,
      )
  }
}

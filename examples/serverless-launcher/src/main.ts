import { exitCodeFor } from '@scalr-agent/core'
import { pino } from 'pino'

import { readLauncherConfig } from './launcher-config.ts'
import { makeExecutor } from './make-executor.ts'
import { runLauncher } from './run-launcher.ts'

/**
 * A launcher for a serverless agent pool as a daemon. Ends with 0 after a stop, 2 when a person has to change
 * something first, 1 otherwise.
 */
try {
  const logger = pino()
  const config = readLauncherConfig(process.env)
  const executor = await makeExecutor(config, { env: process.env, logger })
  await runLauncher(config, { executor, logger })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = exitCodeFor(error)
}

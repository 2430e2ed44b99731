import { resolve } from 'node:path'

import { Agent, daemonFromEnv, exitCodeFor, optionsFromEnv } from '@scalr-agent/core'
import { pino } from 'pino'

import { makeExecutor } from './make-executor.ts'

/**
 * A run agent as a daemon: everything comes from the environment, as with Scalr's own agent. Ends with 0
 * after a stop and, in single mode, after its one job, whatever became of that; with 2 when a person has to
 * change something first, 1 otherwise.
 */
try {
  const { driver, debug } = daemonFromEnv()
  const options = optionsFromEnv()
  const dataDir = resolve(options.dataDir ?? '/var/lib/scalr-agent')
  const logger = pino({ level: debug ? 'debug' : 'info' })
  const agent = new Agent({
    ...options,
    dataDir,
    executor: await makeExecutor(driver ?? 'process', { dataDir, logger, env: process.env }),
    logger,
  })
  await agent.run()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = exitCodeFor(error)
}

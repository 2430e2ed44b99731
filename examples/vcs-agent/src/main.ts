import { daemonFromEnv, exitCodeFor, optionsFromEnv, silentLogger } from '@scalr-agent/core'
import { explainCommand } from '@scalr-agent/vcs-relay'
import { pino } from 'pino'

import { checkVcs } from './check-vcs.ts'
import { makeHandlers } from './make-handlers.ts'
import { parkedWebhooks } from './parked-webhooks.ts'
import { runVcsAgent } from './run-vcs-agent.ts'
import { readVcsConfig } from './vcs-config.ts'

const usage = `usage: main.ts                              serve until SIGTERM
       main.ts learn                        the same, and write the smallest policy to the data directory
       main.ts check                        asks each VCS for its version, with the agent's credentials
       main.ts explain [VCS] METHOD TARGET  which rule decides over a request; nothing is sent
       main.ts webhooks [retry|discard ID]  those that the control plane refused; while the agent is stopped

SCALR_AGENT_VCS_CONFIG names the configuration (/etc/scalr-agent/vcs.json), SCALR_AGENT_TOKEN the token of a
VCS-enabled agent pool; SCALR_URL, SCALR_AGENT_NAME, _DATA_DIR, _CA_CERT and the proxies are as for a run agent.
`

/**
 * A VCS agent as a daemon. Ends with 0 after a stop, 2 when a person has to change something first, 1
 * otherwise. It is never the process of a run agent.
 */
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = exitCodeFor(error)
}

async function main([command, ...rest]: readonly string[]): Promise<number> {
  const file = process.env['SCALR_AGENT_VCS_CONFIG'] || '/etc/scalr-agent/vcs.json'
  switch (command) {
    case undefined:
    case 'learn': {
      if (rest.length > 0) break
      const logger = pino({ level: daemonFromEnv().debug ? 'debug' : 'info' })
      await runVcsAgent(await readVcsConfig(file), { logger, learn: command === 'learn' })
      return 0
    }
    case 'check': {
      if (rest.length > 0) break
      const config = await readVcsConfig(file)
      const { proxy } = optionsFromEnv()
      const settings = { logger: silentLogger, proxy, withoutPolicy: true }
      return await checkVcs(config, { handlers: await makeHandlers(config, settings), write })
    }
    case 'explain': {
      const handlers = await makeHandlers(await readVcsConfig(file), {
        logger: silentLogger,
        proxy: undefined,
      })
      return explainCommand(rest, {
        vcs: handlers,
        write,
      })
    }
    case 'webhooks': {
      const { dataDir = '/var/lib/scalr-agent' } = optionsFromEnv()
      const code = await parkedWebhooks(rest, { dataDir, write })
      if (code === 2) break
      return code
    }
    case '--help':
    case '-h':
      process.stdout.write(usage)
      return 0
  }
  process.stderr.write(usage)
  return 2
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

import { ConfigurationError, optionsFromEnv, type Logger } from '@scalr-agent/core'
import { RelayAgent } from '@scalr-agent/vcs-relay'

import { listenForWebhooks } from './listen-for-webhooks.ts'
import { makeHandlers } from './make-handlers.ts'
import type { VcsConfig } from './vcs-config.ts'

/** Serves the VCSs of the configuration until a signal ends it. @throws what a person has to change */
export async function runVcsAgent(
  config: VcsConfig,
  { logger, learn }: { readonly logger: Logger; readonly learn: boolean },
): Promise<void> {
  const { url, token, name, caCert, proxy, dataDir = '/var/lib/scalr-agent' } = optionsFromEnv()
  if (token === undefined) {
    throw new ConfigurationError(
      'Cannot start the VCS agent: SCALR_AGENT_TOKEN is missing. Make an access token of an agent pool that is VCS-enabled.',
    )
  }
  const learnTo = learn ? dataDir : undefined
  const handlers = await makeHandlers(config, { logger, proxy, learnTo })
  await using cleanup = new AsyncDisposableStack()
  for (const handler of Object.values(handlers)) cleanup.use(handler)
  const agent = new RelayAgent({
    url,
    token,
    name,
    dataDir,
    handlers,
    connection: { caCert, proxy },
    handleSignals: true,
    logger,
  })
  // Webhooks are taken as long as there is an agent, and kept for the next one.
  cleanup.use(await listenForWebhooks(config, { dataDir, sink: agent.webhookSink, logger }))
  await agent.run()
}

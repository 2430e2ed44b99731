import type { RelayPrincipal, RelayWebhook } from '@scalr-agent/vcs-relay/gateway'

import type { VcsProviderRow } from '../store/index.ts'

import { isSigned, readEvent, type ForgeEvent } from './events/index.ts'
import { forgeKinds, isForgeKind, vcsNameOf } from './forge/index.ts'
import type { VcsContext } from './vcs-context.ts'
import { eventKind } from './work/event-task.ts'
import { repositorySubject } from './work/repository-subject.ts'

/**
 * Keeps what a webhook says, once for its id, before the agent is told that we have it. One that nobody can
 * make sense of is noted and done with: to send it again would change nothing.
 */
export function takeWebhook(
  context: VcsContext,
  webhook: RelayWebhook,
  from: RelayPrincipal,
): void {
  const { db, providers, tasks, at, logger } = context
  const fields = { webhookId: webhook.id, vcs: webhook.vcs, agentId: from.agentId }
  db.transaction(() => {
    if (!providers.takeWebhook(from.poolId, webhook.id, at())) return
    const concerned = providers
      .ofPool(from.poolId)
      .filter((provider) => vcsNameOf(context.gateway, provider) === webhook.vcs)
    if (concerned.length === 0) {
      logger.warn(fields, 'A webhook came from a VCS that no VCS provider of its pool stands for')
    }
    for (const provider of concerned) {
      const event = readWebhook(context, webhook, provider)
      if (event === undefined) continue
      tasks.add(
        {
          providerId: provider.id,
          subject: repositorySubject(event.repository),
          kind: eventKind,
          payload: event,
        },
        at(),
      )
    }
  })
}

function readWebhook(
  { logger }: VcsContext,
  webhook: RelayWebhook,
  provider: VcsProviderRow,
): ForgeEvent | undefined {
  if (!isForgeKind(provider.vcs_type)) return undefined
  const { api } = forgeKinds[provider.vcs_type]
  const fields = { webhookId: webhook.id, vcs: webhook.vcs, providerId: provider.id }
  const { webhook_secret: secret } = provider
  if (webhook.signature === 'unchecked' && secret !== null && !isSigned(api, webhook, secret)) {
    logger.warn(
      fields,
      'A webhook was refused: it is not signed with the secret of the VCS provider',
    )
    return undefined
  }
  try {
    return readEvent(api, webhook)
  } catch (error) {
    // Bodies may hold anything: only that it was not understood is told.
    const why = error instanceof Error ? error.name : 'unknown'
    logger.warn({ ...fields, why }, 'A webhook is not what its VCS documents')
    return undefined
  }
}

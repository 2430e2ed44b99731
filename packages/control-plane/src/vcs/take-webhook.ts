import {
  WebhookRefusedError,
  type RelayPrincipal,
  type RelayWebhook,
} from '@scalr-agent/vcs-relay/gateway'

import type { VcsProviderRow } from '../store/index.ts'

import { isSigned, readEvent, type ForgeEvent } from './events/index.ts'
import { forgeKinds, isForgeKind } from './forge/index.ts'
import type { VcsContext } from './vcs-context.ts'
import { eventKind } from './work/event-task.ts'
import { repositorySubject } from './work/repository-subject.ts'

/**
 * Keeps what a webhook says before the agent is told that we have it: once for its id, and once for the id
 * that the forge gave the delivery, since the forge may tell several agents, or tell another one again.
 *
 * @throws WebhookRefusedError when it is of no VCS provider's, none of them can be sure who sent it, or none
 * can make sense of it: the agent puts it aside, with the reason
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
    const concerned = providersFor(webhook.vcs, providers.ofPool(from.poolId))
    const refusals: string[] = []
    for (const provider of concerned) {
      const found = readWebhook(webhook, provider)
      if (found.refusal !== undefined) refusals.push(found.refusal)
      const { event } = found
      if (event === undefined) continue
      // Only what a provider understood and trusts: a forged one is not to stand in for the real one.
      const { deliveryId } = webhook
      if (deliveryId !== undefined && !providers.takeDelivery(provider.id, deliveryId, at())) {
        continue
      }
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
    if (refusals.length < concerned.length) return
    const reason =
      refusals[0] ??
      `no VCS provider of the pool ${from.poolId} stands for the VCS '${webhook.vcs}'. Make one, or set its agent-vcs-name.`
    logger.warn({ ...fields, reason }, 'A webhook was refused')
    throw new WebhookRefusedError(`The webhook ${webhook.id} was refused: ${reason}`)
  })
}

/**
 * Which VCS providers of the pool mean that VCS: those that name it so, else the only one that names none.
 * What agents serve at this moment does not count, since a webhook may come before their channel is open.
 */
function providersFor(vcs: string, ofPool: readonly VcsProviderRow[]): readonly VcsProviderRow[] {
  const named = ofPool.filter((provider) => (provider.vcs_name ?? provider.name) === vcs)
  if (named.length > 0) return named
  const unnamed = ofPool.filter((provider) => provider.vcs_name === null)
  return unnamed.length === 1 ? unnamed : []
}

function readWebhook(
  webhook: RelayWebhook,
  provider: VcsProviderRow,
): { readonly event?: ForgeEvent | undefined; readonly refusal?: string } {
  if (!isForgeKind(provider.vcs_type)) return {}
  const { api, label } = forgeKinds[provider.vcs_type]
  const { webhook_secret: secret, name } = provider
  if (webhook.signature === 'unchecked' && secret !== null && !isSigned(api, webhook, secret)) {
    return { refusal: `it is not signed with the webhook secret of the VCS provider '${name}'.` }
  }
  try {
    return { event: readEvent(api, webhook) }
  } catch {
    // Bodies may hold anything: only that it was not understood is told.
    return { refusal: `it is not what ${label} documents, which the VCS provider '${name}' is.` }
  }
}

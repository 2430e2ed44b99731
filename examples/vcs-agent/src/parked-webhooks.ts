import { join } from 'node:path'

import { WebhookSpool } from '@scalr-agent/vcs-relay'

/**
 * `webhooks`: lists what was parked; `webhooks retry ID` has it delivered at the next start of the agent,
 * `webhooks discard ID` removes it. Only while the agent is stopped: a spool is one process's.
 *
 * @returns the exit code: 0 done, 1 no such webhook, 2 misused
 */
export async function parkedWebhooks(
  [action, id, ...more]: readonly string[],
  options: { readonly dataDir: string; readonly write: (line: string) => void },
): Promise<0 | 1 | 2> {
  const { dataDir, write } = options
  const isKnown =
    action === undefined || ((action === 'retry' || action === 'discard') && id !== undefined)
  if (!isKnown || more.length > 0) return 2
  // Nothing is delivered here.
  const sink = { deliver: () => Promise.reject(new Error('The agent is stopped')) }
  await using spool = await WebhookSpool.open({ directory: join(dataDir, 'webhooks'), sink })
  if (action === undefined || id === undefined) {
    for (const webhook of await spool.parked()) {
      write(`${webhook.id}  ${webhook.vcs ?? '?'}  ${webhook.receivedAt ?? '?'}  ${webhook.reason}`)
    }
    const { waiting, parked } = spool.status()
    write(`${parked} parked, ${waiting} waiting`)
    return 0
  }
  const isDone = await (action === 'retry' ? spool.retryParked(id) : spool.discardParked(id))
  write(isDone ? `${id}: done` : `${id} is not parked`)
  return isDone ? 0 : 1
}

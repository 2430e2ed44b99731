import type { SpoolEntry } from '../../../src/webhooks/spool/spool-entry.ts'

/** A webhook as a listener hands it to a spool. */
export function newWebhook(
  deliveryId: string | undefined,
  changes: Partial<SpoolEntry> = {},
): Omit<SpoolEntry, 'id'> {
  return {
    vcs: 'ghes',
    deliveryId,
    project: 'octo-org/infra',
    receivedAt: '2026-11-22T12:00:00.000Z',
    target: '/',
    headers: [
      ['X-GitHub-Event', 'push'],
      ['X-Repeated', '1'],
      ['X-Repeated', '2'],
    ],
    body: Buffer.from('{"ref":"refs/heads/main"}'),
    signature: 'verified',
    ...changes,
  }
}

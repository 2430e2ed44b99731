import { createHmac } from 'node:crypto'

import { request } from 'undici'

/** The hook of the tests. */
export const hookPath = '/hooks/0123456789abcdef01234567'
export const hookSecret = 'canary-secret-of-a-hook'

export const hook = {
  vcs: 'ghes',
  kind: 'github-enterprise',
  path: hookPath,
  secrets: [hookSecret],
} as const

/** A signed push of a project, as GitHub sends it. */
export function signedPush(
  deliveryId: string,
  project = 'octo-org/infra',
  more: object = {},
): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } {
  const payload = { ref: 'refs/heads/main', repository: { full_name: project }, ...more }
  const body = Buffer.from(JSON.stringify(payload))
  const signature = createHmac('sha256', hookSecret).update(body).digest('hex')
  return {
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': deliveryId,
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  }
}

/** Sends it to a listener. */
export async function send(
  url: string,
  webhook: { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
): Promise<{ readonly status: number; readonly text: string; readonly retryAfter: unknown }> {
  const answer = await request(`${url}${hookPath}`, { method: 'POST', ...webhook })
  return {
    status: answer.statusCode,
    text: await answer.body.text(),
    retryAfter: answer.headers['retry-after'],
  }
}

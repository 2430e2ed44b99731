import type { RelayWebhook } from '@scalr-agent/vcs-relay/gateway'

import type { ForgeKind } from '../forge/index.ts'

import type { ForgeEvent } from './forge-event.ts'
import { readGithubEvent } from './github-events.ts'
import { readGitlabEvent } from './gitlab-events.ts'

/**
 * What a webhook says happened; `undefined` for what changes nothing here.
 * @throws when the body is none of that forge
 */
export function readEvent(
  api: ForgeKind['api'],
  webhook: Pick<RelayWebhook, 'headers' | 'body'>,
): ForgeEvent | undefined {
  const body = bodyOf(webhook)
  switch (api) {
    case 'github':
      return readGithubEvent(headerOf(webhook, 'x-github-event') ?? '', body)
    case 'gitea':
      return readGithubEvent(
        headerOf(webhook, 'x-gitea-event') ?? headerOf(webhook, 'x-forgejo-event') ?? '',
        body,
      )
    case 'gitlab':
      return readGitlabEvent(body)
  }
}

export function headerOf(webhook: Pick<RelayWebhook, 'headers'>, name: string): string | undefined {
  return webhook.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

/** JSON, or a form whose field `payload` holds it, as GitHub sends on request. */
function bodyOf(webhook: Pick<RelayWebhook, 'headers' | 'body'>): unknown {
  const text = Buffer.from(webhook.body).toString('utf8')
  const type = headerOf(webhook, 'content-type') ?? ''
  const json = type.toLowerCase().startsWith('application/x-www-form-urlencoded')
    ? (new URLSearchParams(text).get('payload') ?? '')
    : text
  return JSON.parse(json) as unknown
}

import { createHmac, timingSafeEqual } from 'node:crypto'

import type { RelayWebhook } from '@scalr-agent/vcs-relay/gateway'

import type { ForgeKind } from '../forge/index.ts'

import { headerOf } from './read-event.ts'

type Signed = Pick<RelayWebhook, 'headers' | 'body'>

/** Whether whoever sent the webhook knows the secret. */
export function isSigned(api: ForgeKind['api'], webhook: Signed, secret: string): boolean {
  switch (api) {
    case 'github':
      return hasHexMac(webhook, secret, headerOf(webhook, 'x-hub-signature-256'), 'sha256=')
    case 'gitea':
      return hasHexMac(
        webhook,
        secret,
        headerOf(webhook, 'x-gitea-signature') ?? headerOf(webhook, 'x-forgejo-signature'),
        '',
      )
    case 'gitlab':
      return isGitlabSigned(webhook, secret)
  }
}

function hasHexMac(
  { body }: Signed,
  secret: string,
  given: string | undefined,
  prefix: string,
): boolean {
  const mac = createHmac('sha256', secret).update(body).digest('hex')
  return given !== undefined && isSame(given, `${prefix}${mac}`)
}

/** The plain token, or the newer signature over id, time and body. */
function isGitlabSigned(webhook: Signed, secret: string): boolean {
  if (secret.startsWith('whsec_')) {
    const id = headerOf(webhook, 'webhook-id') ?? ''
    const time = headerOf(webhook, 'webhook-timestamp') ?? ''
    const mac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${time}.`)
      .update(webhook.body)
      .digest('base64')
    const given = headerOf(webhook, 'webhook-signature')?.split(' ') ?? []
    return given.some((one) => isSame(one, `v1,${mac}`))
  }
  const token = headerOf(webhook, 'x-gitlab-token')
  return token !== undefined && isSame(token, secret)
}

function isSame(left: string, right: string): boolean {
  const one = Buffer.from(left)
  const other = Buffer.from(right)
  return one.byteLength === other.byteLength && timingSafeEqual(one, other)
}

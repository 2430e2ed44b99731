import { createHmac } from 'node:crypto'

import type { HeaderPairs } from '../../relay-exchange.ts'
import { singleHeader } from '../header-lines.ts'
import type { VcsKind } from '../../policy/index.ts'

import { sameBytes } from './same-bytes.ts'
import { signingKeyPrefix, verifySigned } from './verify-signed.ts'

/** A webhook whose sender has to prove that it knows a secret. */
export interface SignedWebhook {
  readonly kind: VcsKind
  /** Any of them will do, so that a secret can be replaced without losing webhooks. */
  readonly secrets: readonly string[]
  readonly headers: HeaderPairs
  readonly body: Uint8Array
  readonly now: Date
}

/** Why a webhook is not believed; `undefined` when it is. Never tells a secret, nor what was expected. */
export function verifyWebhook(webhook: SignedWebhook): string | undefined {
  switch (webhook.kind) {
    case 'github-enterprise':
      return verifyHmac(webhook, 'x-hub-signature-256', 'sha256=')
    case 'bitbucket-data-center':
      return verifyHmac(webhook, 'x-hub-signature', 'sha256=')
    case 'gitea':
      return verifyGitea(webhook)
    case 'gitlab':
      return verifyGitlab(webhook)
  }
}

/** `<prefix><hex HMAC-SHA256 of the raw body>`. */
function verifyHmac(
  { secrets, headers, body }: SignedWebhook,
  header: string,
  prefix: string,
): string | undefined {
  const given = singleHeader(headers, header)
  if (given === undefined) return `it has no single ${header} header`
  if (!given.startsWith(prefix) || !/^[0-9a-f]{64}$/iu.test(given.slice(prefix.length))) {
    return `its ${header} header has another form than ${prefix}<64 hex digits>`
  }
  const signature = given.slice(prefix.length).toLowerCase()
  const known = secrets.filter((secret) =>
    sameBytes(createHmac('sha256', secret).update(body).digest('hex'), signature),
  )
  return known.length > 0 ? undefined : `its ${header} header fits none of the configured secrets`
}

/** Gitea and Forgejo sign under names of their own and under GitHub's. */
function verifyGitea(webhook: SignedWebhook): string | undefined {
  const own = ['x-gitea-signature', 'x-forgejo-signature'].find((name) =>
    webhook.headers.some(([each]) => each.toLowerCase() === name),
  )
  return own === undefined
    ? verifyHmac(webhook, 'x-hub-signature-256', 'sha256=')
    : verifyHmac(webhook, own, '')
}

/** The plain token, or the signing scheme for keys that begin with `whsec_`. */
function verifyGitlab(webhook: SignedWebhook): string | undefined {
  const keys = webhook.secrets.filter((secret) => secret.startsWith(signingKeyPrefix))
  const tokens = webhook.secrets.filter((secret) => !secret.startsWith(signingKeyPrefix))
  const signed = webhook.headers.some(([name]) => name.toLowerCase() === 'webhook-signature')
  // A signature that is there has to fit, unless no key for it is known.
  if (keys.length > 0 && (signed || tokens.length === 0)) return verifySigned(webhook, keys)
  const given = singleHeader(webhook.headers, 'x-gitlab-token')
  if (given === undefined) return 'it has no single x-gitlab-token header'
  const known = tokens.filter((token) => sameBytes(token, given))
  return known.length > 0
    ? undefined
    : 'its x-gitlab-token header fits none of the configured secrets'
}

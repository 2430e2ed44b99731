import { ConfigurationError, type Clock } from '@scalr-agent/core'
import type { Dispatcher } from 'undici'

import type { VcsKind } from '../policy/index.ts'
import type { HeaderPairs } from '../relay-exchange.ts'
import { secretSetting, type ResolvedCredentialsOptions } from './credentials-options.ts'
import { GithubAppCredentials } from './github-app-credentials.ts'
import { SecretSource } from './secret-source.ts'
import { basicHeaders, bearerHeaders, tokenHeaders } from './token-headers.ts'
import type { VcsCredentials } from './vcs-credentials.ts'

export interface CredentialsContext {
  readonly kind: VcsKind
  readonly url: URL
  readonly dispatcher: Dispatcher
  readonly clock: Clock
}

/** @throws {@link ConfigurationError} */
export function createCredentials(
  options: ResolvedCredentialsOptions,
  context: CredentialsContext,
): VcsCredentials {
  const { kind, url } = context
  switch (options.type) {
    case 'none':
      return fixed(() => Promise.resolve([]))
    case 'token': {
      const source = new SecretSource(
        secretSetting(options.token, options.tokenFile),
        `the token of ${url.host}`,
      )
      return fixed(async (traffic) => tokenHeaders(kind, traffic, await headerSafe(source, url)))
    }
    case 'bearer': {
      const source = new SecretSource(
        secretSetting(options.token, options.tokenFile),
        `the token of ${url.host}`,
      )
      return fixed(async () => bearerHeaders(await headerSafe(source, url)))
    }
    case 'basic': {
      const source = new SecretSource(
        secretSetting(options.password, options.passwordFile),
        `the password of ${url.host}`,
      )
      return fixed(async () => basicHeaders(options.username, await source.read()))
    }
    case 'github-app': {
      if (kind !== 'github-enterprise') {
        throw new ConfigurationError(
          `Cannot use a GitHub App for ${url.host}: it is ${kind}. Give a token instead.`,
        )
      }
      return new GithubAppCredentials(options, context)
    }
  }
}

function fixed(headers: (traffic: 'rest' | 'git') => Promise<HeaderPairs>): VcsCredentials {
  return { headersFor: ({ traffic }) => headers(traffic), rejected: () => {} }
}

async function headerSafe(source: SecretSource, url: URL): Promise<string> {
  const token = await source.read()
  if (/^[\x21-\x7e]+$/u.test(token)) return token
  throw new ConfigurationError(
    `Cannot use the token of ${url.host}: it holds blanks or characters that no token has.`,
    { code: 'INVALID_TOKEN' },
  )
}

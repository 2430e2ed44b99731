import { Buffer } from 'node:buffer'

import type { VcsKind } from '../policy/index.ts'
import type { HeaderPairs } from '../relay-exchange.ts'

/** User names that the servers take beside a token in basic authentication, for git. */
const gitUsers: Readonly<Record<VcsKind, string>> = {
  'github-enterprise': 'x-access-token',
  gitlab: 'oauth2',
  'bitbucket-data-center': 'x-token-auth',
  gitea: 'x-access-token',
}

/** The header that a kind of server wants a token in. */
export function tokenHeaders(kind: VcsKind, traffic: 'rest' | 'git', token: string): HeaderPairs {
  if (traffic === 'git') return basicHeaders(gitUsers[kind], token)
  switch (kind) {
    case 'gitlab':
      return [['PRIVATE-TOKEN', token]]
    case 'gitea':
      return [['Authorization', `token ${token}`]]
    case 'github-enterprise':
    case 'bitbucket-data-center':
      return bearerHeaders(token)
  }
}

export function bearerHeaders(token: string): HeaderPairs {
  return [['Authorization', `Bearer ${token}`]]
}

export function basicHeaders(user: string, password: string): HeaderPairs {
  return [['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]]
}

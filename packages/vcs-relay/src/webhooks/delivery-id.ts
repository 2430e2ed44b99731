import type { HeaderPairs } from '../relay-exchange.ts'

import { singleHeader } from './header-lines.ts'
import type { VcsKind } from '../policy/index.ts'

/** Longer ones are no ids of a forge. */
const maxLength = 200

/**
 * The delivery's own id: the same when the forge sends it again. GitLab's event UUID alone is shared by all
 * hooks that one event triggers.
 */
export function deliveryIdOf(kind: VcsKind, headers: HeaderPairs): string | undefined {
  const id = findId(kind, (name) => singleHeader(headers, name))
  return id === undefined || id.length > maxLength ? undefined : id
}

function findId(kind: VcsKind, header: (name: string) => string | undefined): string | undefined {
  switch (kind) {
    case 'github-enterprise':
      return header('x-github-delivery')
    case 'gitlab': {
      const id = header('webhook-id') ?? header('idempotency-key')
      if (id !== undefined) return id
      const event = header('x-gitlab-event-uuid')
      return event === undefined ? undefined : `${header('x-gitlab-webhook-uuid') ?? ''}/${event}`
    }
    case 'bitbucket-data-center':
      return header('x-request-id')
    case 'gitea':
      return (
        header('x-gitea-delivery') ?? header('x-forgejo-delivery') ?? header('x-github-delivery')
      )
  }
}

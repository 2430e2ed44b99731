import { z } from 'zod'

import { eventOfRef, type ForgeEvent } from './forge-event.ts'

const repository = z.object({ full_name: z.string() })
const sender = z.object({ login: z.string() }).nullish()

const pushSchema = z.object({ ref: z.string(), repository, sender })
const createSchema = z.object({ ref: z.string(), ref_type: z.string(), repository })
const pullRequestSchema = z.object({
  action: z.string(),
  number: z.int().positive(),
  repository,
  sender,
})

/** Other actions change nothing that a plan could see. */
const actions = ['opened', 'reopened', 'synchronize', 'synchronized', 'ready_for_review', 'edited']

/** GitHub's webhooks, and Gitea's, which are made after them. */
export function readGithubEvent(event: string, body: unknown): ForgeEvent | undefined {
  switch (event) {
    case 'push': {
      const push = pushSchema.parse(body)
      return eventOfRef(push.ref, {
        repository: push.repository.full_name,
        sender: push.sender?.login ?? null,
      })
    }
    case 'create': {
      // Some versions of Gitea tell of a tag in this way alone.
      const created = createSchema.parse(body)
      if (created.ref_type !== 'tag') return undefined
      const tag = created.ref.replace(/^refs\/tags\//u, '')
      return { kind: 'tag', repository: created.repository.full_name, tag }
    }
    case 'pull_request':
    case 'pull_request_sync': {
      const { action, ...rest } = pullRequestSchema.parse(body)
      if (!actions.includes(action)) return undefined
      return {
        kind: 'pull-request',
        repository: rest.repository.full_name,
        number: rest.number,
        sender: rest.sender?.login ?? null,
      }
    }
    default:
      return undefined
  }
}

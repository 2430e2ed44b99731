import { z } from 'zod'

import { eventOfRef, type ForgeEvent } from './forge-event.ts'

const project = z.object({ path_with_namespace: z.string() })

const pushSchema = z.object({ ref: z.string(), project, user_username: z.string().nullish() })
const mergeRequestSchema = z.object({
  project,
  user: z.object({ username: z.string() }).nullish(),
  object_attributes: z.object({ iid: z.int().positive(), action: z.string().nullish() }),
})
const kindSchema = z.object({ object_kind: z.string() })

const actions = ['open', 'reopen', 'update']

/** GitLab's project and system hooks. */
export function readGitlabEvent(body: unknown): ForgeEvent | undefined {
  switch (kindSchema.parse(body).object_kind) {
    case 'push':
    case 'tag_push': {
      const push = pushSchema.parse(body)
      return eventOfRef(push.ref, {
        repository: push.project.path_with_namespace,
        sender: push.user_username ?? null,
      })
    }
    case 'merge_request': {
      const request = mergeRequestSchema.parse(body)
      const { iid, action } = request.object_attributes
      if (action !== undefined && action !== null && !actions.includes(action)) return undefined
      return {
        kind: 'pull-request',
        repository: request.project.path_with_namespace,
        number: iid,
        sender: request.user?.username ?? null,
      }
    }
    default:
      return undefined
  }
}

import { z } from 'zod'

/**
 * What a webhook says happened, no more than is needed to go and look: the forge itself is asked for the
 * rest, so that webhooks which come late, twice or from somebody else do no harm.
 */
export const forgeEventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('push'),
    repository: z.string(),
    branch: z.string(),
    sender: z.string().nullable(),
  }),
  z.object({ kind: z.literal('tag'), repository: z.string(), tag: z.string() }),
  z.object({
    kind: z.literal('pull-request'),
    repository: z.string(),
    number: z.int().positive(),
    sender: z.string().nullable(),
  }),
])

export type ForgeEvent = z.infer<typeof forgeEventSchema>

/** A ref of a push. */
export function eventOfRef(
  ref: string,
  from: { readonly repository: string; readonly sender: string | null },
): ForgeEvent | undefined {
  const { repository, sender } = from
  if (ref.startsWith('refs/heads/')) {
    return { kind: 'push', repository, branch: ref.slice('refs/heads/'.length), sender }
  }
  if (ref.startsWith('refs/tags/')) {
    return { kind: 'tag', repository, tag: ref.slice('refs/tags/'.length) }
  }
  return undefined
}

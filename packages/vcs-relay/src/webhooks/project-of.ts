import { z } from 'zod'

import type { HeaderPairs } from '../relay-exchange.ts'

import { singleHeader } from './header-lines.ts'

const named = z.string().min(1).max(1000)

const payloadSchema = z.object({
  project: z.object({ path_with_namespace: named }).optional().catch(undefined),
  repository: z
    .object({
      full_name: named.optional().catch(undefined),
      slug: named.optional().catch(undefined),
      project: z.object({ key: named }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  pullRequest: z.unknown().optional(),
})

const bitbucketPullRequest = z.object({
  toRef: z.object({ repository: z.object({ slug: named, project: z.object({ key: named }) }) }),
})

/**
 * The project that a webhook is of: those of one project are delivered in their order. A payload that names
 * none, or that cannot be read, is of no project; that is no fault, since the raw bytes are what counts.
 */
export function projectOf(headers: HeaderPairs, body: Uint8Array): string | undefined {
  const parsed = payloadSchema.safeParse(parse(headers, body))
  if (!parsed.success) return undefined
  const { project, repository, pullRequest } = parsed.data
  if (project !== undefined) return project.path_with_namespace
  if (repository?.full_name !== undefined) return repository.full_name
  if (repository?.project !== undefined && repository.slug !== undefined) {
    return `${repository.project.key}/${repository.slug}`
  }
  const ofPullRequest = bitbucketPullRequest.safeParse(pullRequest)
  if (!ofPullRequest.success) return undefined
  const { slug, project: owner } = ofPullRequest.data.toRef.repository
  return `${owner.key}/${slug}`
}

function parse(headers: HeaderPairs, body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8')
  const isForm = (singleHeader(headers, 'content-type') ?? '').startsWith(
    'application/x-www-form-urlencoded',
  )
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text)
  } catch {
    return undefined
  }
}

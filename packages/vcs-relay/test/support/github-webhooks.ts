import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { z } from 'zod'

const require = createRequire(import.meta.url)
const folder = dirname(require.resolve('@octokit/webhooks-examples/package.json'))

const payload = z.looseObject({
  repository: z.looseObject({ full_name: z.string() }).optional().catch(undefined),
})

// Of the newest GHES that the package has.
const events = z
  .array(z.object({ name: z.string(), examples: z.array(payload) }))
  .parse(JSON.parse(readFileSync(join(folder, 'ghes-35', 'index.json'), 'utf8')))

/** A webhook as GitHub Enterprise Server sends it. */
export interface GithubWebhook {
  readonly event: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** `owner/name`, where its payload has a repository. */
  readonly project: string | undefined
}

/** GitHub's own examples of all events of GHES, signed with that secret. */
export function githubWebhooks(secret: string): readonly GithubWebhook[] {
  return events.flatMap(({ name, examples }) =>
    examples.map((example, index) => {
      const body = Buffer.from(JSON.stringify(example))
      const sign = (hash: string): string => createHmac(hash, secret).update(body).digest('hex')
      return {
        event: name,
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'GitHub-Hookshot/0123abc',
          'x-github-event': name,
          'x-github-delivery': `${name}-${index}`,
          'x-github-hook-id': '7',
          'x-github-enterprise-version': '3.19.0',
          'x-github-enterprise-host': 'git.example.com',
          'x-hub-signature': `sha1=${sign('sha1')}`,
          'x-hub-signature-256': `sha256=${sign('sha256')}`,
        },
        project: example.repository?.full_name,
      }
    }),
  )
}

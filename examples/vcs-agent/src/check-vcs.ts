import { text } from 'node:stream/consumers'

import type { RelayAnswer, VcsHandler, VcsKind } from '@scalr-agent/vcs-relay'

import type { VcsConfig } from './vcs-config.ts'

/** What every such server answers, and what shows that the credentials are taken. */
const versionPaths: Readonly<Record<VcsKind, string>> = {
  'github-enterprise': '/api/v3/meta',
  gitlab: '/api/v4/version',
  'bitbucket-data-center': '/rest/api/1.0/application-properties',
  gitea: '/api/v1/version',
}

/**
 * `check`: asks each VCS for its version, on the very way that requests go: proxy, certificate, credentials.
 *
 * @param handlers without a policy, which may know of no version
 * @returns the exit code: 0 when all of them answer as they should
 */
export async function checkVcs(
  config: VcsConfig,
  options: {
    readonly handlers: Readonly<Record<string, VcsHandler>>
    readonly write: (line: string) => void
  },
): Promise<0 | 1> {
  const { handlers, write } = options
  let failed = false
  for (const [name, { kind, url }] of Object.entries(config.vcs)) {
    const base = new URL(url).pathname.replace(/\/+$/u, '')
    const answer = await handlers[name]?.handle(
      {
        id: 'check',
        vcs: name,
        method: 'GET',
        target: `${base}${versionPaths[kind]}`,
        headers: [['accept', 'application/json']],
        lane: 'api',
      },
      { signal: AbortSignal.timeout(60_000) },
    )
    if (answer === undefined) continue
    const problem = await problemOf(answer)
    failed ||= problem !== undefined
    write(`${name}: ${problem ?? `${url} answers, with these credentials`}`)
  }
  return failed ? 1 : 0
}

async function problemOf({ origin, status, body }: RelayAnswer): Promise<string | undefined> {
  const content = body === undefined ? '' : await text(body)
  if (origin === 'agent') {
    const detail: unknown = Object(JSON.parse(content))['detail']
    return String(detail)
  }
  switch (status) {
    case 200:
      return undefined
    case 401:
    case 403:
      return `the server answers ${status}: it does not take these credentials`
    case 404:
      return 'the server answers 404: is it of that kind, and is the path of its URL right?'
    default:
      return `the server answers ${status}`
  }
}

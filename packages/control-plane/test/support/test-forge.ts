import { createHash, createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'

import type { RelayAnswer, RelayRequest } from '@scalr-agent/vcs-relay/gateway'

import { archive } from './world.ts'

type Files = Readonly<Record<string, string>>

interface Commit {
  readonly sha: string
  readonly message: string
  readonly files: Files
  readonly parent: string | undefined
}

export interface SentStatus {
  readonly sha: string
  readonly state: string
  readonly context: string
  readonly description: string
  readonly target_url: string
}

/** A GitHub Enterprise in memory: one repository, its branches, tags, pull requests and statuses. */
export class TestForge {
  readonly repository = 'acme/infra'
  readonly statuses: SentStatus[] = []
  /** Method and path of what was asked. */
  readonly requests: string[] = []
  /** Answers instead of the forge, for faults. */
  intercept: ((request: Omit<RelayRequest, 'id'>) => Promise<RelayAnswer | undefined>) | undefined
  readonly #commits = new Map<string, Commit>()
  readonly #branches = new Map<string, string>()
  readonly #tags = new Map<string, string>()
  readonly #pulls = new Map<number, Record<string, unknown>>()

  /** Commits to a branch; `onto` is what it follows, by default the branch. @returns its id */
  commit(
    branch: string,
    files: Files,
    options: { readonly message?: string; readonly onto?: string | null } = {},
  ): string {
    const parent =
      options.onto === undefined ? this.#branches.get(branch) : (options.onto ?? undefined)
    const message = options.message ?? `Change ${Object.keys(files).join(', ')}`
    const all = { ...(parent === undefined ? {} : this.#commits.get(parent)?.files), ...files }
    const sha = createHash('sha1')
      .update(JSON.stringify([all, parent, message]))
      .digest('hex')
    this.#commits.set(sha, { sha, message, files: all, parent })
    this.#branches.set(branch, sha)
    return sha
  }

  deleteBranch(branch: string): void {
    this.#branches.delete(branch)
  }

  tag(name: string, sha: string): void {
    this.#tags.set(name, sha)
  }

  pull(
    number: number,
    branches: { readonly base: string; readonly head: string },
    more: { readonly draft?: boolean; readonly fork?: boolean; readonly state?: string } = {},
  ): void {
    this.#pulls.set(number, {
      number,
      title: `Pull ${number}`,
      state: more.state ?? 'open',
      draft: more.draft ?? false,
      html_url: `https://ghe.example.com/acme/infra/pull/${number}`,
      user: { login: 'octocat' },
      base: { ref: branches.base, repo: { id: 7 } },
      head: { ref: branches.head, repo: { id: more.fork === true ? 8 : 7 } },
    })
  }

  async answer(request: Omit<RelayRequest, 'id'>): Promise<RelayAnswer> {
    // As over a network: never in the same turn.
    await turn()
    this.requests.push(`${request.method} ${request.target}`)
    const intercepted = await this.intercept?.(request)
    if (intercepted !== undefined) return intercepted
    const root = `/api/v3/repos/${this.repository}`
    if (!request.target.startsWith(root)) return json(404, { message: 'Not Found' })
    const path = request.target.slice(root.length)
    if (request.method === 'POST') return this.#post(path, await textOf(request.body))
    return this.#get(path)
  }

  async #get(path: string): Promise<RelayAnswer> {
    if (path === '') {
      return json(200, {
        id: 7,
        default_branch: 'main',
        clone_url: 'https://ghe.example.com/acme/infra.git',
      })
    }
    const [, kind = '', rest = ''] = /^\/([a-z]+)\/?([^?]*)/u.exec(path) ?? []
    switch (kind) {
      case 'branches': {
        const sha = this.#branches.get(decodeURIComponent(rest))
        const commit = this.#commits.get(sha ?? '')
        if (commit === undefined) return json(404, { message: 'Branch not found' })
        return json(200, {
          commit: {
            sha,
            html_url: `https://ghe.example.com/acme/infra/commit/${sha}`,
            author: { login: 'octocat' },
            commit: { message: commit.message, author: { name: 'Octo Cat' } },
          },
        })
      }
      case 'tarball': {
        const commit = this.#commits.get(rest)
        if (commit === undefined) return json(404, { message: 'Not Found' })
        const top = `acme-infra-${rest.slice(0, 7)}`
        const bytes = await archive([
          { name: `${top}/`, type: 'directory' },
          ...Object.entries(commit.files).map(([name, content]) => ({
            name: `${top}/${name}`,
            content,
          })),
        ])
        return { ...json(200, {}), body: Readable.from([bytes], { objectMode: false }) }
      }
      case 'compare': {
        const [base = '', head = ''] = rest.split('...')
        const isAhead = this.#ancestors(head).includes(base)
        return json(200, {
          status: base === head ? 'identical' : isAhead ? 'ahead' : 'diverged',
          files: this.#changed(base, head).map((filename) => ({ filename })),
        })
      }
      case 'pulls': {
        const [number, part] = rest.split('/')
        const pull = this.#pulls.get(Number(number))
        if (pull === undefined) return json(404, { message: 'Not Found' })
        const { head, base } = pull as { head: { ref: string }; base: { ref: string } }
        const sha = this.#branches.get(head.ref) ?? ''
        if (part !== 'files') return json(200, { ...pull, head: { ...head, sha } })
        // Since both branches parted.
        const ofBase = this.#ancestors(this.#branches.get(base.ref) ?? '')
        const parted = this.#ancestors(sha).find((one) => ofBase.includes(one)) ?? ''
        const changed = this.#changed(parted, sha)
        return json(
          200,
          changed.map((filename) => ({ filename })),
        )
      }
      case 'tags':
        return json(
          200,
          [...this.#tags].map(([name, sha]) => ({ name, commit: { sha } })),
        )
      default:
        return json(404, { message: 'Not Found' })
    }
  }

  #post(path: string, body: string): RelayAnswer {
    const sha = /^\/statuses\/([0-9a-f]+)$/u.exec(path)?.[1]
    if (sha === undefined) return json(404, { message: 'Not Found' })
    const status = { sha, ...JSON.parse(body) } as SentStatus
    this.statuses.push(status)
    return json(201, status)
  }

  #ancestors(sha: string): string[] {
    const found: string[] = []
    for (
      let commit = this.#commits.get(sha);
      commit !== undefined;
      commit = this.#commits.get(commit.parent ?? '')
    ) {
      found.push(commit.sha)
    }
    return found
  }

  #changed(base: string, head: string): string[] {
    const before = this.#commits.get(base)?.files ?? {}
    const after = this.#commits.get(head)?.files ?? {}
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) => before[name] !== after[name],
    )
  }
}

/** An answer of the VCS. */
export function json(status: number, body: unknown, more: Partial<RelayAnswer> = {}): RelayAnswer {
  return {
    origin: 'vcs',
    status,
    headers: [['content-type', 'application/json']],
    body: Readable.from([Buffer.from(JSON.stringify(body))], { objectMode: false }),
    ...more,
  }
}

async function textOf(body: Readable | undefined): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body ?? []) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

/** A webhook as GitHub sends it. */
export function githubWebhook(
  event: string,
  body: unknown,
  options: { readonly secret?: string } = {},
): { readonly headers: [string, string][]; readonly body: Buffer } {
  const bytes = Buffer.from(JSON.stringify(body))
  return {
    headers: [
      ['content-type', 'application/json'],
      ['X-GitHub-Event', event],
      ...(options.secret === undefined
        ? []
        : ([
            [
              'X-Hub-Signature-256',
              `sha256=${createHmac('sha256', options.secret).update(bytes).digest('hex')}`,
            ],
          ] as [string, string][])),
    ],
    body: bytes,
  }
}

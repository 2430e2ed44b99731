import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

import type { CommitStatuses } from './commit-statuses.ts'
import { runGit } from './run-git.ts'

export interface ForgeApiContext {
  /** Of this forge. */
  readonly url: string
  /** Holds the bare repositories. */
  readonly root: string
  readonly statuses: CommitStatuses
  readonly archiveToken: string
}

interface Call extends ForgeApiContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly repository: string
  readonly directory: string
  /** What the path holds beside the repository. */
  readonly rest: string
}

const repositoryPath = /^\/api\/v3\/repos\/([\w.-]+\/[\w.-]+?)(?:\/(.*))?$/u
const archivePath = /^\/_codeload\/([\w.-]+\/[\w.-]+)\/legacy\.tar\.gz\/(.+)$/u

/** As much of GitHub Enterprise's REST API v3 as the demo needs, over real git repositories. */
export async function answerForgeApi(
  request: IncomingMessage,
  response: ServerResponse,
  context: ForgeApiContext,
): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?')
  const call = (match: RegExpExecArray): Call => {
    const [, repository = '', rest = ''] = match
    const directory = join(context.root, `${repository}.git`)
    return { ...context, request, response, repository, directory, rest: decodeURIComponent(rest) }
  }
  const archive = archivePath.exec(path)
  if (archive !== null && request.method === 'GET') return await sendArchive(call(archive))
  const repository = repositoryPath.exec(path)
  if (repository !== null) return await answerRepository(call(repository))
  sendJson(response, 404, { message: 'Not Found' })
}

async function answerRepository(call: Call): Promise<void> {
  const { request, response, repository, rest, url, archiveToken } = call
  const [kind = '', ...more] = rest.split('/')
  const name = more.join('/')
  switch (`${request.method} ${kind}`) {
    case 'GET ':
      sendJson(response, 200, {
        id: 1,
        full_name: repository,
        default_branch: 'main',
        clone_url: `${url}/${repository}.git`,
      })
      return
    case 'GET branches':
      return await sendBranch(call, name)
    case 'GET tarball':
      // GitHub sends archives from another place, with a link that is soon worth nothing.
      response
        .writeHead(302, {
          location: `${url}/_codeload/${repository}/legacy.tar.gz/${name}?token=${archiveToken}`,
        })
        .end()
      return
    case 'GET compare':
      return await sendComparison(call, name)
    case 'POST statuses':
      return await takeStatus(call, name)
    default:
      sendJson(response, 404, { message: 'Not Found' })
  }
}

async function sendBranch({ response, directory }: Call, branch: string): Promise<void> {
  const format = '--format=%H%n%an%n%s'
  const found = await runGit(directory, ['log', '-1', format, `refs/heads/${branch}`, '--']).catch(
    () => undefined,
  )
  if (found === undefined) return sendJson(response, 404, { message: 'Branch not found' })
  const [sha, author, message] = found.split('\n')
  sendJson(response, 200, {
    name: branch,
    commit: { sha, commit: { message, author: { name: author } } },
  })
}

async function sendComparison({ response, directory }: Call, range: string): Promise<void> {
  const [base = '', head = ''] = range.split('...')
  if (!isCommit(base) || !isCommit(head)) return sendJson(response, 404, { message: 'Not Found' })
  const names = await runGit(directory, ['diff', '--name-only', base, head])
  const files = names.split('\n').filter((name) => name !== '')
  sendJson(response, 200, { status: 'ahead', files: files.map((filename) => ({ filename })) })
}

async function takeStatus({ request, response, statuses }: Call, commit: string): Promise<void> {
  const body: unknown = Object(await json(request))
  const field = (name: string): string => String(Object(body)[name] ?? '')
  const status = {
    state: field('state'),
    context: field('context'),
    description: field('description'),
    target_url: field('target_url'),
  }
  statuses.add(commit, status)
  sendJson(response, 201, { id: 1, ...status })
}

async function sendArchive({ response, repository, directory, rest }: Call): Promise<void> {
  if (!isCommit(rest)) return sendJson(response, 404, { message: 'Not Found' })
  const prefix = `${repository.replace('/', '-')}-${rest.slice(0, 7)}/`
  const child = spawn('git', ['archive', '--format=tar.gz', `--prefix=${prefix}`, rest], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  response.writeHead(200, { 'content-type': 'application/x-gzip' })
  await pipeline(child.stdout, response)
}

/** Nothing else may become a parameter of git. */
function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/u.test(text)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

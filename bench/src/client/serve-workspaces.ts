import { createServer } from 'node:http'
import { parentPort } from 'node:worker_threads'

/** How many workspaces there are, and how many a page holds. */
export const totalWorkspaces = 10_000
export const pageSize = 100
/** Path of one, and of the list. */
export const onePath = '/api/iacp/v3/workspaces/ws-1'
export const listPath = '/api/iacp/v3/workspaces'

/** With the attributes and relations that scalr.io sends. */
function workspace(index: number): object {
  const to = (type: string, id: string | undefined): object => ({
    data: id === undefined ? null : { type, id },
  })
  return {
    type: 'workspaces',
    id: `ws-v0${String(index).padStart(15, '0')}`,
    attributes: {
      'apply-schedule': null,
      'auto-apply': index % 2 === 0,
      'auto-destroy-days': null,
      'auto-destroy-status': null,
      'auto-destroy-time': null,
      'auto-queue-runs': 'skip_first',
      'created-at': '2026-01-01T00:00:00Z',
      'deletion-protection-changed-by-email': null,
      'deletion-protection-enabled': true,
      'destroy-schedule': null,
      'environment-type': 'production',
      'execution-mode': 'remote',
      favorite: false,
      'force-latest-run': false,
      'has-resources': true,
      hooks: {
        'pre-init': './hooks/pre-init.sh',
        'pre-plan': null,
        'post-plan': null,
        'pre-apply': null,
        'post-apply': null,
      },
      'iac-platform': 'terraform',
      'lock-reason': null,
      locked: false,
      name: `workspace-${index}`,
      operations: true,
      permissions: { 'can-update': true, 'can-destroy': false, 'can-queue-run': true },
      'remote-backend': true,
      'remote-state-sharing': false,
      'run-operation-timeout': null,
      'terraform-version': '1.11.4',
      terragrunt: null,
      'updated-at': '2026-02-01T00:00:00Z',
      'updated-by-email': 'someone@example.com',
      'var-files': ['production.tfvars'],
      'vcs-repo': {
        identifier: 'octo-org/infra',
        branch: 'main',
        path: null,
        'dry-runs-enabled': true,
        'ingress-submodules': false,
        'trigger-patterns': null,
        'trigger-prefixes': ['modules', `services/${index}`],
        'version-constraint': null,
      },
      'working-directory': `services/${index}`,
    },
    relationships: {
      'agent-pool': to('agent-pools', 'apool-1'),
      'configuration-version': to('configuration-versions', `cv-${index}`),
      'created-by': to('users', 'user-1'),
      'current-run': to('runs', `run-${index}`),
      'drift-report': to('drift-reports', undefined),
      environment: to('environments', `env-${index % 20}`),
      'latest-configuration-version': to('configuration-versions', `cv-${index}`),
      'latest-run': to('runs', `run-${index}`),
      'locked-by': to('users', undefined),
      'locked-by-run': null,
      module: null,
      'module-version': to('module-versions', undefined),
      'readme-id': to('workspace-readme', undefined),
      'ssh-key': to('account-ssh-keys', undefined),
      tags: { data: [{ type: 'tags', id: 'tag-1' }] },
      'updated-by': to('users', 'user-2'),
      'vcs-provider': to('vcs-providers', 'vcs-1'),
    },
    links: { self: `${listPath}/ws-${index}` },
  }
}

/** Serves them from a thread of its own, as bytes that were made before: the server costs next to nothing. */
export async function serveWorkspaces(): Promise<void> {
  const one = Buffer.from(JSON.stringify({ data: workspace(1) }))
  const pages = Array.from({ length: totalWorkspaces / pageSize }, (_, index) => {
    const number = index + 1
    const isLast = number === totalWorkspaces / pageSize
    const data = Array.from({ length: pageSize }, (__, at) => workspace(index * pageSize + at))
    const pagination = {
      'current-page': number,
      'prev-page': number === 1 ? null : number - 1,
      'next-page': isLast ? null : number + 1,
      'total-pages': totalWorkspaces / pageSize,
      'total-count': totalWorkspaces,
    }
    return Buffer.from(JSON.stringify({ data, meta: { pagination } }))
  })
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const page = Number(url.searchParams.get('page[number]'))
    const body = url.pathname === onePath ? one : pages[page - 1]
    response.setHeader('content-type', 'application/vnd.api+json')
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(typeof address === 'object' ? address?.port : undefined)
}

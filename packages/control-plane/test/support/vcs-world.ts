import {
  createControlPlane,
  type ControlPlaneOptions,
  type ControlPlaneServer,
} from '../../src/index.ts'

import type { Json } from './api-client.ts'
// oxlint-disable-next-line import/no-unassigned-import -- what its control plane answers is checked
import './contract/check-answers.ts'
import { ForgeGateway } from './forge-gateway.ts'
import { githubWebhook, TestForge } from './test-forge.ts'
import { startWorld, type World } from './world.ts'

/** A control plane with a VCS provider behind an agent, and an environment with a pool for runs. */
export interface VcsWorld extends World {
  readonly forge: TestForge
  readonly gateway: ForgeGateway
  readonly vcsPoolId: string
  readonly runPoolId: string
  readonly providerId: string
  readonly environmentId: string
  /** Tells of a push, as the forge does. */
  pushed(branch: string, more?: Record<string, unknown>): Promise<void>
  pullChanged(number: number, action?: string): Promise<void>
  bound(repo?: Record<string, unknown>, attributes?: Record<string, unknown>): Promise<Json>
  configurations(workspaceId: string): Promise<Json[]>
  runs(workspaceId: string): Promise<Json[]>
  /** A control plane on the same data, once the first is closed. */
  restart(options?: Partial<ControlPlaneOptions>): Promise<ControlPlaneServer>
}

export async function startVcsWorld(
  options: Partial<ControlPlaneOptions> & {
    readonly forge?: TestForge
    readonly provider?: Record<string, unknown>
  } = {},
): Promise<VcsWorld> {
  const { forge = new TestForge(), provider, ...rest } = options
  const gateway = new ForgeGateway(forge)
  const served = {
    ...rest,
    createGateway: gateway.create,
    timing: { reaperEveryMs: 20, vcsRetryMs: 10, ...rest.timing },
  }
  const world = await startWorld(served)
  const { api } = world
  const pool = await api.create('/agent-pools', 'agent-pools', {
    name: 'vcs',
    'vcs-enabled': true,
  })
  const runPool = await api.create('/agent-pools', 'agent-pools', { name: 'runs', default: true })
  const environment = await api.create('/environments', 'environments', { name: 'env' })
  const made = await api.create(
    '/vcs-providers',
    'vcs-providers',
    {
      name: 'ghe',
      'vcs-type': 'github_enterprise',
      'auth-type': 'personal_token',
      url: 'https://ghe.example.com',
      ...provider,
    },
    { 'agent-pool': ['agent-pools', pool.id] },
  )
  const repository = { full_name: forge.repository }
  return {
    ...world,
    forge,
    gateway,
    vcsPoolId: pool.id,
    runPoolId: runPool.id,
    providerId: made.id,
    environmentId: environment.id,
    pushed: (branch, more = {}) =>
      gateway.deliver(pool.id, {
        ...githubWebhook('push', {
          ref: `refs/heads/${branch}`,
          repository,
          sender: { login: 'octocat' },
        }),
        ...more,
      }),
    pullChanged: (number, action = 'synchronize') =>
      gateway.deliver(pool.id, githubWebhook('pull_request', { action, number, repository })),
    bound: (repo = {}, attributes = {}) =>
      api.create(
        '/workspaces',
        'workspaces',
        {
          name: 'ws',
          'auto-queue-runs': 'always',
          'vcs-repo': { identifier: forge.repository, ...repo },
          ...attributes,
        },
        {
          environment: ['environments', environment.id],
          'vcs-provider': ['vcs-providers', made.id],
        },
      ),
    configurations: async (workspaceId) =>
      (
        await api.get(
          `/configuration-versions?filter[workspace]=${workspaceId}&include=vcs-revision`,
        )
      ).body.data,
    runs: async (workspaceId) =>
      (await api.get(`/runs?filter[workspace]=${workspaceId}&include=vcs-revision`)).body.data,
    restart: (more) => createControlPlane({ dataDir: world.dataDir, ...served, ...more }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

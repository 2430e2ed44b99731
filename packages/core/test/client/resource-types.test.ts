import { describe, expect, expectTypeOf, it } from 'vitest'

import type { Account, Environment, Plan, Run, ScalrClient } from '../../src/client/index.ts'

/** The bodies are never run: `tsc --build`, which is part of `pnpm check`, is what they fail in. */
function types(check: (client: ScalrClient) => unknown): () => void {
  return () => expect(check).toBeTypeOf('function')
}

describe('types of each resource', () => {
  it(
    'agent pools',
    types(async ({ agentPools }) => {
      const pool = await agentPools.create({ name: 'a' }, { include: ['environments'] })
      expectTypeOf(pool.environments).toEqualTypeOf<readonly Environment[]>()
      expectTypeOf(pool.name).toEqualTypeOf<string>()
      expectTypeOf(pool.default).toEqualTypeOf<boolean | null>()
      expectTypeOf(pool.environmentIds).toEqualTypeOf<readonly string[]>()
      expectTypeOf(pool.webhookHeaders?.[0]?.name).toEqualTypeOf<string | null | undefined>()
      await agentPools.update('apool-1', { webhookUrl: null, environmentId: null })
      agentPools.list({ filter: { vcsEnabled: true, name: { like: 'a' } }, sort: ['-name'] })
      // @ts-expect-error -- a name is wanted
      await agentPools.create({ default: true })
      // @ts-expect-error -- a flag cannot be cleared
      await agentPools.update('apool-1', { vcsEnabled: null })
      // @ts-expect-error -- the server alone sets it
      await agentPools.update('apool-1', { inUse: true })
      // @ts-expect-error -- a header has a name
      await agentPools.update('apool-1', { webhookHeaders: [{ value: 'x' }] })
      // @ts-expect-error -- no such filter
      agentPools.list({ filter: { color: 'red' } })
      // @ts-expect-error -- a flag is no text
      agentPools.list({ filter: { vcsEnabled: 'yes' } })
      // @ts-expect-error -- no such key to sort by
      agentPools.list({ sort: ['default'] })
      // @ts-expect-error -- the API has no sparse fields here
      agentPools.list({ fields: { 'agent-pools': ['name'] } })
    }),
  )

  it(
    'agents',
    types(async ({ agents }) => {
      const agent = await agents.get('agent-1', { include: ['pool'] })
      expectTypeOf<'idle'>().toExtend<typeof agent.status>()
      expectTypeOf<'a_word_of_next_year'>().toExtend<typeof agent.status>()
      expectTypeOf(agent.pool?.name).toEqualTypeOf<string | undefined>()
      expectTypeOf(agent.poolId).toEqualTypeOf<string | null>()
      await agents.delete('agent-1')
      // @ts-expect-error -- agents make themselves
      await agents.create({ name: 'a', os: 'b' })
      // @ts-expect-error -- and change themselves
      await agents.update('agent-1', { name: 'a' })
    }),
  )

  it(
    'access tokens',
    types(async ({ accessTokens }) => {
      const token = await accessTokens.createForPool('apool-1', { expiresIn: 60 })
      expectTypeOf(token.token).toEqualTypeOf<string | null>()
      expectTypeOf(token.expiresAt).toEqualTypeOf<string | null>()
      await accessTokens.update('at-1', { description: null })
      accessTokens.list({ filter: { isExpired: false }, query: 'ci' })
      // @ts-expect-error -- tokens of pools have no filters
      accessTokens.listForPool('apool-1', { filter: { isExpired: false } })
      // @ts-expect-error -- the server alone makes it
      await accessTokens.create({ token: 'x' })
    }),
  )

  it(
    'accounts',
    types(async ({ accounts }) => {
      const account = await accounts.update('acc-1', { allowedIps: ['10.0.0.0/8'] })
      expectTypeOf(account).toExtend<Account>()
      expectTypeOf(account.quotas?.agents).toEqualTypeOf<number | null | undefined>()
      const first = await accounts.list({ fields: { accounts: ['name'] } }).first()
      expectTypeOf(first?.name).toEqualTypeOf<string | undefined>()
      // @ts-expect-error -- was not asked for
      expect(first?.ownerId).toBeUndefined()
      await accounts.ssoBypassUsers.add('acc-1', ['user-1'])
      // @ts-expect-error -- nobody makes accounts here
      await accounts.create({ name: 'a' })
      // @ts-expect-error -- or takes them away
      await accounts.delete('acc-1')
      // @ts-expect-error -- lists alone take `fields` here
      await accounts.get('acc-1', { fields: { accounts: ['name'] } })
    }),
  )

  it(
    'environments',
    types(async ({ environments }) => {
      const found = await environments.get('env-1', {
        trackAccess: true,
        fields: { environments: ['name', 'accountId'], tags: ['name'] },
        include: ['tags', 'createdBy'],
      })
      expectTypeOf(found.accountId).toEqualTypeOf<string | null>()
      expectTypeOf(found.tags).toEqualTypeOf<
        readonly { readonly id: string; readonly name: string }[]
      >()
      expectTypeOf(found.createdBy?.attributes).toEqualTypeOf<
        Readonly<Record<string, unknown>> | undefined
      >()
      // @ts-expect-error -- was not asked for
      expect(found.status).toBeUndefined()
      environments.list({
        filter: { latestRunDate: { between: ['2026-01-01T00:00:00Z', new Date()] } },
        favoriteFirst: true,
      })
      expectTypeOf(await environments.lock('env-1', { reason: 'x' })).toExtend<Environment>()
      // @ts-expect-error -- no such field
      await environments.get('env-1', { fields: { environments: ['nam'] } })
      // @ts-expect-error -- no such type
      await environments.get('env-1', { fields: { environment: ['name'] } })
      // @ts-expect-error -- no such relation
      await environments.get('env-1', { include: ['workspaces'] })
    }),
  )

  it(
    'workspaces',
    types(async ({ workspaces }) => {
      const workspace = await workspaces.create({
        name: 'app',
        environmentId: 'env-1',
        vcsRepo: { identifier: 'a/b', branch: null },
        hooks: { preInit: null },
      })
      expectTypeOf(workspace.environmentId).toEqualTypeOf<string>()
      expectTypeOf(workspace.agentPoolId).toEqualTypeOf<string | null>()
      expectTypeOf(workspace.tagIds).toEqualTypeOf<readonly string[]>()
      expectTypeOf(workspace.vcsRepo?.identifier).toEqualTypeOf<string | null | undefined>()
      await workspaces.update('ws-1', { agentPoolId: null, workingDirectory: null, hooks: null })
      workspaces.list({
        filter: {
          'run.status': ['planned', 'errored'],
          environment: { in: ['env-1', null] },
        },
        query: 'app',
      })
      await workspaces.setSchedule('ws-1', { applySchedule: null })
      await workspaces.remoteStateConsumers.replace('ws-1', ['ws-2'])
      // @ts-expect-error -- an environment is wanted
      await workspaces.create({ name: 'app' })
      // @ts-expect-error -- a workspace stays in its environment
      await workspaces.update('ws-1', { environmentId: null })
      // @ts-expect-error -- a repository has a name
      await workspaces.update('ws-1', { vcsRepo: { branch: 'main' } })
      // @ts-expect-error -- the server alone sets it
      await workspaces.update('ws-1', { locked: true })
      // @ts-expect-error -- one operator at a time, and one that there is
      workspaces.list({ filter: { name: { unlike: 'a' } } })
      // @ts-expect-error -- writes take no include here
      await workspaces.update('ws-1', { name: 'b' }, { include: ['tags'] })
    }),
  )

  it(
    'runs',
    types(async ({ runs }) => {
      const run = await runs.create({ workspaceId: 'ws-1' }, { vcsTaskId: 'x' })
      expectTypeOf(run).toExtend<Run>()
      expectTypeOf<'planned'>().toExtend<Run['status']>()
      const sparse = await runs.get('run-1', { fields: { runs: ['status'] }, include: ['plan'] })
      expectTypeOf(sparse.plan).toEqualTypeOf<Plan | null>()
      expectTypeOf(sparse).not.toHaveProperty('workspaceId')
      runs.list({ filter: { status: ['planned'], isDry: true }, scheduled: 'true' })
      expectTypeOf((await runs.queue().first())?.positionInQueue).toEqualTypeOf<
        number | null | undefined
      >()
      const { decision } = await runs.review('run-1', ({ destroy }) => destroy === 0)
      expectTypeOf(decision).toEqualTypeOf<'confirmed' | 'left' | 'discarded' | 'not-asked'>()
      // @ts-expect-error -- a workspace is wanted
      await runs.create({ message: 'x' })
      // @ts-expect-error -- a variable has a key
      await runs.create({ workspaceId: 'ws-1', variables: [{ category: 'env' }] })
      // @ts-expect-error -- runs are not changed
      await runs.update('run-1', { message: 'x' })
      // @ts-expect-error -- nor taken away
      await runs.delete('run-1')
    }),
  )

  it(
    'plans and applies',
    types(async ({ plans, applies }) => {
      expectTypeOf((await plans.get('plan-1')).resourceAdditions).toEqualTypeOf<number | null>()
      expectTypeOf(applies.follow('apply-1')).toExtend<AsyncIterable<Uint8Array>>()
      expectTypeOf(await plans.sanitizedJsonOutput('plan-1')).toBeUnknown()
      // @ts-expect-error -- they belong to runs
      plans.list()
      // @ts-expect-error -- they belong to runs
      applies.list()
    }),
  )

  it(
    'configuration versions',
    types(async ({ configurationVersions }) => {
      const version = await configurationVersions.create({ workspaceId: 'ws-1' })
      expectTypeOf(version.uploadUrl).toEqualTypeOf<string | null>()
      expectTypeOf(version.size).toEqualTypeOf<number | null>()
      // @ts-expect-error -- a workspace is wanted
      await configurationVersions.create({ isDry: true })
      // @ts-expect-error -- they do not change
      await configurationVersions.update('cv-1', { isDry: true })
      // @ts-expect-error -- of the inside
      expect(configurationVersions.resynced).toBeDefined()
    }),
  )

  it(
    'state versions',
    types(async ({ stateVersions }) => {
      const state = await stateVersions.upload('ws-1', Buffer.from('{}'), { force: true })
      expectTypeOf(state.serial).toEqualTypeOf<number | null>()
      expectTypeOf(state.workspaceId).toEqualTypeOf<string>()
      stateVersions.list({ filter: { workspace: 'ws-1' }, sort: ['-createdAt'] })
      // @ts-expect-error -- they stay
      await stateVersions.delete('sv-1')
    }),
  )

  it(
    'variables',
    types(async ({ variables }) => {
      const variable = await variables.create(
        { key: 'a', category: 'terraform', value: null },
        { force: true, include: ['updatedBy'] },
      )
      expectTypeOf(variable.updatedBy?.id).toEqualTypeOf<string | undefined>()
      expectTypeOf(variable.value).toEqualTypeOf<string | null>()
      await variables.get('var-1', { fields: { vars: ['key'] } })
      variables.list({ filter: { category: 'env', key: ['a', 'b'] } })
      // @ts-expect-error -- a category is wanted
      await variables.create({ key: 'a' })
      // @ts-expect-error -- text alone
      await variables.create({ key: 'a', category: 'env', value: 5 })
      // @ts-expect-error -- there is no search among variables
      variables.list({ query: 'a' })
    }),
  )

  it(
    'VCS providers',
    types(async ({ vcsProviders }) => {
      const provider = await vcsProviders.create({
        name: 'a',
        vcsType: 'github_enterprise',
        authType: 'personal_token',
        token: 'x',
        agentPoolId: null,
      })
      expectTypeOf(provider.agentPoolId).toEqualTypeOf<string | null>()
      vcsProviders.list({ filter: { vcsType: 'gitlab' }, include: ['agentPool'] })
      // @ts-expect-error -- a type is wanted
      await vcsProviders.create({ name: 'a', authType: 'oauth2' })
      // @ts-expect-error -- a name cannot be cleared
      await vcsProviders.update('vcs-1', { name: null })
    }),
  )

  it(
    'service accounts',
    types(async ({ serviceAccounts }) => {
      const made = await serviceAccounts.create({ name: 'ci', accountId: 'acc-1' })
      expectTypeOf(made.email).toEqualTypeOf<string | null>()
      expectTypeOf(made.accountId).toEqualTypeOf<string>()
      const assumed = await serviceAccounts.assume({ serviceAccountEmail: 'a', idToken: 'b' })
      expectTypeOf(assumed.token).toEqualTypeOf<string>()
      await serviceAccounts.update('sa-1', { status: 'Inactive', description: null })
      // @ts-expect-error -- the server alone sets it
      await serviceAccounts.update('sa-1', { email: 'a' })
    }),
  )

  it(
    'tags',
    types(async ({ tags, workspaces, environments }) => {
      expectTypeOf((await tags.create({ name: 'a' })).name).toEqualTypeOf<string>()
      tags.list({ filter: { resourceType: 'workspaces' }, sort: ['name'] })
      await workspaces.tags.add('ws-1', ['tag-1'])
      await environments.tags.remove('env-1', ['tag-1'])
      // @ts-expect-error -- a list of ids
      await workspaces.tags.add('ws-1', 'tag-1')
    }),
  )

  it(
    'hooks',
    types(async ({ hooks, hookEnvironmentLinks }) => {
      const hook = await hooks.create({ name: 'a', interpreter: 'sh', scriptfilePath: 'a.sh' })
      expectTypeOf(hook.uploadUrl).toEqualTypeOf<string | null>()
      await hooks.resync(hook.id)
      const link = await hookEnvironmentLinks.create({
        hookId: hook.id,
        environmentId: 'env-1',
        events: ['pre-plan'],
      })
      expectTypeOf(link.hookId).toEqualTypeOf<string>()
      hookEnvironmentLinks.list({ filter: { events: 'pre-plan' } })
      // @ts-expect-error -- a script is wanted
      await hooks.create({ name: 'a', interpreter: 'sh' })
      // @ts-expect-error -- events are wanted
      await hookEnvironmentLinks.create({ hookId: hook.id, environmentId: 'env-1' })
    }),
  )

  it(
    'modules, policies and their like',
    types(async ({ modules, moduleVersions, policyGroups, policyChecks, policies }) => {
      const module = await modules.create({ vcsProviderId: 'v', vcsRepo: { identifier: 'a/b' } })
      expectTypeOf(module.name).toEqualTypeOf<string | null>()
      expectTypeOf((await moduleVersions.get('mv-1')).version).toEqualTypeOf<string>()
      await policyGroups.update('pgrp-1', { isEnforced: true }, { include: ['policies'] })
      expectTypeOf((await policyChecks.get('pc-1')).status).toBeString()
      expectTypeOf((await policies.get('p-1')).enabled).toEqualTypeOf<boolean | null>()
      // @ts-expect-error -- a repository is wanted
      await modules.create({ vcsProviderId: 'v' })
      // @ts-expect-error -- modules are not changed
      await modules.update('mod-1', { name: 'a' })
      // @ts-expect-error -- policies come with their group
      policies.list()
    }),
  )
})

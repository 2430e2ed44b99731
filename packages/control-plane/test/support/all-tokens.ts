import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { SignJWT, UnsecuredJWT, decodeJwt, type JWTPayload } from 'jose'

import type { Caller } from '../../src/access/index.ts'
import { AgentClient } from './agent-client.ts'
import { registration } from './agent-messages.ts'
import type { ApiClient } from './api-client.ts'
import { makeWorkspace, uploadConfiguration, type World } from './world.ts'

/** A control plane with one of everything, a good token of each kind, and many bad ones. */
export interface AllTokens {
  readonly good: Readonly<Record<Exclude<Caller, 'anyone'>, string>>
  /** By what is wrong with them; each must be answered with 401. */
  readonly bad: Readonly<Record<string, string | undefined>>
  /** A user of another account. */
  readonly stranger: string
  /** First part of a path of the public API → id of such a thing in the account. */
  readonly ids: Readonly<Record<string, string>>
  readonly jobId: string
}

export async function makeAllTokens(world: World): Promise<AllTokens> {
  const { api, controlPlane } = world
  const { poolId, environmentId, workspaceId } = await makeWorkspace(api)
  const configurationVersionId = await uploadConfiguration(api, workspaceId)
  const run = await api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
  const poolToken = await api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
  const agents = new AgentClient(controlPlane.url)
  const session = await agents.registerWith(poolToken.attributes.token, 'agent')
  const job = await agents.take(session)
  const program = await programToken(api, 'program')
  const tag = await api.create('/tags', 'tags', { name: 'tag' })
  const variable = await api.create(
    '/vars',
    'vars',
    { key: 'k', value: 'v', category: 'shell' },
    { workspace: ['workspaces', workspaceId] },
  )
  using db = new DatabaseSync(join(world.dataDir, 'control-plane.sqlite'))
  insertOthers(db, { accountId: controlPlane.accountId, poolId, workspaceId })
  const owner = controlPlane.ownerToken()
  const sign = signer(db, owner)
  return {
    good: {
      user: owner,
      'service-account': program.token,
      pool: poolToken.attributes.token,
      session,
      'vcs-session': await vcsSession(api, agents),
      job: job.token,
      run: job.runToken,
    },
    bad: { ...(await refused(api, agents, poolId)), ...(await forged(owner, sign)) },
    stranger: await sign({ kind: 'user', sub: 'user-2', jti: 'at-2' }),
    ids: {
      accounts: controlPlane.accountId,
      users: String(decodeJwt(owner).sub),
      'agent-pools': poolId,
      agents: String(decodeJwt(session).sub),
      environments: environmentId,
      workspaces: workspaceId,
      'configuration-versions': configurationVersionId,
      runs: run.id,
      plans: run.relationships.plan.data.id,
      'service-accounts': program.id,
      'access-tokens': String(decodeJwt(owner).jti),
      tags: tag.id,
      vars: variable.id,
      'state-versions': 'sv-1',
      modules: 'mod-1',
      'module-versions': 'modver-1',
      'vcs-providers': 'vcs-1',
    },
    jobId: job.jobId,
  }
}

async function programToken(
  api: ApiClient,
  name: string,
): Promise<{ readonly id: string; readonly token: string; readonly tokenId: string }> {
  const account = await api.create('/service-accounts', 'service-accounts', { name })
  const token = await api.create(`/service-accounts/${account.id}/access-tokens`, 'access-tokens')
  return { id: account.id, token: token.attributes.token, tokenId: token.id }
}

async function vcsSession(api: ApiClient, agents: AgentClient): Promise<string> {
  const pool = await api.create('/agent-pools', 'agent-pools', { name: 'vcs', 'vcs-enabled': true })
  const token = await api.create(`/agent-pools/${pool.id}/access-tokens`, 'access-tokens')
  const answer = await agents.call('POST', '/sessions', {
    token: token.attributes.token,
    json: registration('vcs', { kind: 'vcs' }),
  })
  return String(answer.body?.['sessionToken'])
}

/** Tokens that were good. */
async function refused(
  api: ApiClient,
  agents: AgentClient,
  poolId: string,
): Promise<Record<string, string>> {
  const user = await api.create('/access-tokens', 'access-tokens')
  const pool = await api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
  const session = await agents.registerWith(pool.attributes.token, 'revoked')
  const [revoked, inactive, deleted] = [
    await programToken(api, 'revoked'),
    await programToken(api, 'inactive'),
    await programToken(api, 'deleted'),
  ]
  for (const id of [user.id, pool.id, revoked.tokenId]) await api.delete(`/access-tokens/${id}`)
  const path = `/service-accounts/${inactive.id}`
  await api.write('PATCH', path, 'service-accounts', { status: 'Inactive' })
  await api.delete(`/service-accounts/${deleted.id}`)
  return {
    'revoked user token': user.attributes.token,
    'revoked pool token': pool.attributes.token,
    'session of a revoked pool token': session,
    'revoked service-account token': revoked.token,
    'token of an inactive service account': inactive.token,
    'token of a deleted service account': deleted.token,
  }
}

type Sign = (payload: JWTPayload, secret?: Uint8Array, kid?: string) => Promise<string>

function signer(db: DatabaseSync, token: string): Sign {
  const [header] = token.split('.')
  const { kid } = JSON.parse(String(Buffer.from(header ?? '', 'base64url'))) as { kid: string }
  const row = db.prepare('SELECT secret FROM signing_keys WHERE id = ?').get(kid)
  const secret = row?.['secret'] as Uint8Array
  return (payload, other = secret, otherKid = kid) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: otherKid }).sign(other)
}

/** Tokens that never were good. */
async function forged(owner: string, sign: Sign): Promise<Record<string, string | undefined>> {
  const claims = decodeJwt(owner)
  const [header = '', , signature = ''] = owner.split('.')
  const payload = Buffer.from(JSON.stringify({ ...claims, jti: 'at-2' })).toString('base64url')
  const foreign = new Uint8Array(32).fill(7)
  return {
    'no token': undefined,
    rubbish: 'rubbish',
    expired: await sign({ ...claims, exp: 1_700_000_000 }),
    'foreign key': await sign(claims, foreign),
    'foreign key under a name of its own': await sign(claims, foreign, 'key-of-another'),
    'alg none': new UnsecuredJWT(claims).encode(),
    'alg none under our key': `${encode({ alg: 'none', kid: 'x' })}.${encode(claims)}.${signature}`,
    'changed payload': `${header}.${payload}.${signature}`,
    'kind that does not exist': await sign({ ...claims, kind: 'root' }),
    'kind that the token is not': await sign({ ...claims, kind: 'service-account' }),
    'token id that was never issued': await sign({ ...claims, jti: 'at-unknown' }),
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** What the API does not make here: a module, a state, and another account with a user and a token. */
function insertOthers(
  db: DatabaseSync,
  ids: { readonly accountId: string; readonly poolId: string; readonly workspaceId: string },
): void {
  const values = {
    account: `'${ids.accountId}'`,
    pool: `'${ids.poolId}'`,
    workspace: `'${ids.workspaceId}'`,
  }
  db.exec(`
    INSERT INTO accounts (id, name, created_at) VALUES ('acc-2', 'other', '2026-01-01T00:00:00.000Z');
    INSERT INTO users (id, account_id, email, created_at) VALUES ('user-2', 'acc-2', 'b@x', '2026-01-01T00:00:00.000Z');
    INSERT INTO access_tokens (id, kind, owner_id, created_at) VALUES ('at-2', 'user', 'user-2', '2026-01-01T00:00:00.000Z');
    INSERT INTO vcs_providers (id, account_id, name, vcs_type, url, agent_pool_id, created_at)
      VALUES ('vcs-1', ${values.account}, 'v', 'gitea', 'https://vcs.test', ${values.pool}, '2026-01-01T00:00:00.000Z');
    INSERT INTO modules (id, account_id, vcs_provider_id, vcs_repo_json, name, provider, created_at)
      VALUES ('mod-1', ${values.account}, 'vcs-1', '{"identifier":"o/network"}', 'network', 'aws', '2026-01-01T00:00:00.000Z');
    INSERT INTO module_versions (id, module_id, version, tag, commit_sha, status, bytes, created_at)
      VALUES ('modver-1', 'mod-1', '1.0.0', 'v1.0.0', 'abc', 'ok', 0, '2026-01-01T00:00:00.000Z');
    INSERT INTO state_versions (id, workspace_id, serial, md5, bytes, created_at)
      VALUES ('sv-1', ${values.workspace}, 1, '00000000000000000000000000000000', 2, '2026-01-01T00:00:00.000Z');`)
}

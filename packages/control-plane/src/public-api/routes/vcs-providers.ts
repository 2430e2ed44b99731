import { z } from 'zod'

import { forgeKinds, isForgeKind } from '../../vcs/index.ts'
import {
  conflict,
  flagOf,
  invalidAttribute,
  invalidRelationship,
  parseWriteBody,
  relationsNotFound,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { agentPools, environments, vcsProviders } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import {
  checkAccount,
  insertRow,
  nameSchema,
  relatedRow,
  sendResource,
  updateRow,
  withUniqueName,
  type Changes,
} from './writes.ts'

const name = nameSchema(255).refine((value) => /^[ A-Za-z0-9_-]+$/u.test(value), {
  message: 'Name may hold letters, numbers, blanks, `-` and `_` only.',
})

const off = (what: string) =>
  z.literal(false, { error: `This control plane does not ${what}.` }).optional()

const updateSchema = z.object({
  name: name.optional(),
  'auth-type': z
    .literal('personal_token', {
      error: 'The agent holds the credentials of the VCS; give personal_token.',
    })
    .optional(),
  url: z
    .string()
    .max(255)
    .refine(isPlainUrl, {
      message: 'URL must begin with https:// or http:// and hold neither user, query nor fragment.',
    })
    .optional(),
  username: z.string().max(255).nullish(),
  // Taken as Scalr takes it, and kept nowhere: the agent has its own.
  token: z.string().nullish(),
  'is-shared': z.boolean().optional(),
  'draft-pr-runs-enabled': z.boolean().optional(),
  'applies-enabled': off('start applies from comments'),
  'auto-merge': off('merge branches before a run'),
  'checks-enabled': off('make checks; it sets commit statuses'),
  'comments-enabled': off('comment on pull requests'),
  'plans-enabled': off('start runs from comments'),
  'pr-merge-comments-enabled': off('comment on pull requests'),
  'compare-strategy': z
    .literal('base-commit', { error: 'This control plane compares with the base commit only.' })
    .optional(),
  // Our own.
  'agent-vcs-name': z.string().min(1).max(64).nullish(),
  'agent-webhook-secret': z.string().min(8).max(512).nullish(),
})
const createSchema = updateSchema.extend({
  name,
  'vcs-type': z.string().refine(isForgeKind, {
    message: `VCS type must be one of ${Object.keys(forgeKinds).join(', ')}: what VCS agents relay.`,
  }),
  'auth-type': updateSchema.shape['auth-type'].unwrap(),
  url: z.string({ error: 'URL cannot be empty.' }).pipe(updateSchema.shape.url.unwrap()),
})
type Attributes = z.infer<typeof updateSchema>

export function registerVcsProviders(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, vcsProviders)

  app.post(
    '/vcs-providers',
    does({
      id: 'create_vcs_provider',
      summary: 'Create a VCS Provider',
      body: writeOf(vcsProviders, createSchema, 'account', 'agent-pool!', 'environments'),
      answer: oneOf(vcsProviders, 201),
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'vcs-providers', createSchema)
      checkAccount(api, accountId, body)
      const id = api.ids('vcs')
      withUniqueName('VCS provider', body.attributes.name, () =>
        db.transaction(() => {
          const poolId = poolOf(api, accountId, body)
          if (poolId === undefined) throw invalidRelationship('agent-pool', noPool)
          insertRow(api, 'vcs_providers', {
            id,
            account_id: accountId,
            vcs_type: body.attributes['vcs-type'],
            created_at: api.clock.now().toISOString(),
            ...columnsOf(body.attributes),
            is_shared: body.attributes['is-shared'] ?? body.many('environments') === undefined,
            agent_pool_id: poolId,
          })
          setEnvironments(api, accountId, id, body)
        }),
      )
      return sendResource(api, request, reply, { resource: vcsProviders, id, status: 201 })
    },
  )

  app.patch(
    '/vcs-providers/:id',
    does({
      id: 'update_vcs_provider',
      summary: 'Update a VCS Provider',
      body: writeOf(vcsProviders, updateSchema, 'agent-pool', 'environments'),
      answer: oneOf(vcsProviders),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      const row = api.reader.row(vcsProviders, accountId, id)
      const body = parseWriteBody(
        request.body,
        'vcs-providers',
        updateSchema.extend({ 'vcs-type': z.string().optional() }),
      )
      const type = body.attributes['vcs-type']
      if (type !== undefined && type !== textOf(row, 'vcs_type')) {
        throw invalidAttribute('vcs-type', 'The type of a VCS provider cannot be changed.')
      }
      withUniqueName('VCS provider', body.attributes.name, () =>
        db.transaction(() => {
          updateRow(api, 'vcs_providers', id, {
            ...columnsOf(body.attributes),
            is_shared: body.attributes['is-shared'],
            agent_pool_id: poolOf(api, accountId, body),
          })
          setEnvironments(api, accountId, id, body)
        }),
      )
      return sendResource(api, request, reply, { resource: vcsProviders, id })
    },
  )

  app.delete(
    '/vcs-providers/:id',
    does({
      id: 'delete_vcs_provider',
      summary: 'Delete a VCS Provider',
      answer: nothing(),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      db.transaction(() => {
        api.reader.row(vcsProviders, userOf(request).accountId, id)
        for (const [table, what] of users) {
          const used = db.get(
            `SELECT 1 AS found FROM ${table} WHERE vcs_provider_id = ? LIMIT 1`,
            id,
          )
          if (used !== undefined) {
            throw conflict(`Can't be deleted. The VCS provider is in use by ${what}.`)
          }
        }
        db.run('DELETE FROM vcs_providers WHERE id = ?', id)
      })
      return reply.code(204).send()
    },
  )
}

const noPool =
  'Agent pool cannot be empty: this control plane reaches a VCS through the VCS agents of a pool.'

const users = [
  ['workspaces', 'workspaces'],
  ['modules', 'modules'],
  ['policy_groups', 'policy groups'],
  ['hooks', 'hooks'],
] as const

function columnsOf(attributes: Attributes): Changes {
  return {
    name: attributes.name,
    url: attributes.url,
    username: attributes.username,
    draft_pr_runs: attributes['draft-pr-runs-enabled'],
    vcs_name: attributes['agent-vcs-name'],
    webhook_secret: attributes['agent-webhook-secret'],
  }
}

/** `undefined`: the body does not name one. */
function poolOf(api: PublicApi, accountId: string, body: WriteBody<unknown>): string | undefined {
  const id = body.one('agent-pool')
  if (id === undefined) return undefined
  if (id === null) throw invalidRelationship('agent-pool', noPool)
  const pool = relatedRow(api, accountId, { name: 'agent-pool', resource: agentPools, id })
  if (!flagOf(pool, 'vcs_enabled')) {
    throw invalidRelationship(
      'agent-pool',
      `Agent pool '${textOf(pool, 'name')}' is not VCS-enabled. Make one with vcs-enabled, and start VCS agents in it.`,
    )
  }
  return id
}

function setEnvironments(
  api: PublicApi,
  accountId: string,
  providerId: string,
  body: WriteBody<unknown>,
): void {
  const ids = body.many('environments')
  if (ids === undefined) return
  api.db.run('DELETE FROM vcs_provider_environments WHERE vcs_provider_id = ?', providerId)
  for (const id of ids) {
    if (api.reader.find(environments, accountId, id) === undefined) {
      throw relationsNotFound('environments', id)
    }
    insertRow(api, 'vcs_provider_environments', { vcs_provider_id: providerId, environment_id: id })
  }
}

function isPlainUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return (
    ['https:', 'http:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  )
}

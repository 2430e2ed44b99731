import { z } from 'zod'

import { PoliciesRepository } from '../../store/index.ts'
import {
  conflict,
  idsOf,
  nullableTextOf,
  parseWriteBody,
  relationsNotFound,
  type Row,
} from '../json-api/index.ts'
import { does, identifiersOf, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { environments, policies, policyGroups } from '../resources/index.ts'

import { registerPolicyUpload } from './policy-upload.ts'
import { policyBinding } from './policy-binding.ts'
import { registerRead, registerReads } from './read-routes.ts'
import { branchName, repositoryIdentifier } from './vcs-binding.ts'
import {
  checkAccount,
  insertRow,
  nameSchema,
  parseActionBody,
  sendResource,
  updateRow,
  withUniqueName,
} from './writes.ts'

/** A folder of the bundle. As at Scalr, a slash at the beginning stands for its root. */
const folder = z
  .string()
  .max(255, 'A folder cannot be longer than 255 characters.')
  .transform((path) => path.trim().replaceAll(/^\/+|\/+$/gu, ''))
  .refine((path) => path === '' || /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/(?!$)|$))+$/u.test(path), {
    message: "A folder is a path in letters, digits, '_', '-' and '.' that stays in the bundle.",
  })

const name = nameSchema(100).refine((value) => /^[A-Za-z0-9-]+$/u.test(value), {
  message: 'Name may hold letters, numbers and dashes.',
})

const updateSchema = z.object({
  name: name.optional(),
  'opa-version': z
    .string()
    .regex(/^\d+\.\d+\.\d+$/u, 'OPA version must be a full version, such as 1.22.2.')
    .nullish(),
  'is-enforced': z.boolean().optional(),
  'execute-as': z
    .literal('policy_check', {
      error: 'This control plane checks policies after the plan only (policy_check).',
    })
    .optional(),
  'common-functions-folder': folder.nullish(),
  'vcs-repo': z
    .object({
      identifier: repositoryIdentifier,
      branch: branchName.nullish(),
      path: folder.nullish(),
    })
    .nullish(),
})
const createSchema = updateSchema.extend({ name })
type Attributes = z.infer<typeof updateSchema>

const identifiersSchema = z.object({
  data: z.array(z.object({ type: z.literal('environments'), id: z.string() })),
})

/** Policy groups, their policies, and the environments that they are linked to. */
export function registerPolicyGroups(api: PublicApi): void {
  const { app, db } = api
  const repository = new PoliciesRepository(db)
  registerReads(api, policyGroups)
  registerRead(api, policies)
  registerPolicyUpload(api)

  app.post(
    '/policy-groups',
    does({
      id: 'create_policy_group',
      summary: 'Create a Policy Group',
      body: writeOf(policyGroups, createSchema, 'account', 'vcs-provider', 'environments'),
      answer: oneOf(policyGroups, 201),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'policy-groups', createSchema)
      checkAccount(api, accountId, body)
      const binding = policyBinding(api, accountId, body)
      const id = api.ids('pgrp')
      withUniqueName('Policy group', body.attributes.name, () =>
        db.transaction(() => {
          insertRow(api, 'policy_groups', {
            id,
            account_id: accountId,
            ...changesOf(body.attributes),
            ...binding.columns,
            created_at: api.clock.now().toISOString(),
          })
          link(api, accountId, id, body.many('environments') ?? [])
          if (binding.isNew) api.vcs.syncPolicyGroup(id)
        }),
      )
      return sendResource(api, request, reply, { resource: policyGroups, id, status: 201 })
    },
  )

  app.patch(
    '/policy-groups/:id',
    does({
      id: 'update_policy_group',
      summary: 'Update a Policy Group',
      body: writeOf(policyGroups, updateSchema, 'vcs-provider', 'environments'),
      answer: oneOf(policyGroups),
      refusals: [409],
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      const row = api.reader.row(policyGroups, accountId, id)
      const body = parseWriteBody(request.body, 'policy-groups', updateSchema)
      const binding = policyBinding(api, accountId, body, row)
      withUniqueName('Policy group', body.attributes.name, () =>
        db.transaction(() => {
          updateRow(api, 'policy_groups', id, {
            ...changesOf(body.attributes),
            ...binding.columns,
          })
          if (binding.isNew) api.vcs.syncPolicyGroup(id)
          const linked = body.many('environments')
          if (linked === undefined) return
          db.run('DELETE FROM policy_group_environments WHERE policy_group_id = ?', id)
          link(api, accountId, id, linked)
        }),
      )
      return sendResource(api, request, reply, { resource: policyGroups, id })
    },
  )

  app.delete(
    '/policy-groups/:id',
    does({
      id: 'delete_policy_group',
      summary: 'Delete a Policy Group',
      answer: nothing(),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      const { accountId } = userOf(request)
      db.transaction(() => {
        const row = api.reader.row(policyGroups, accountId, id)
        if (isInUse(row)) throw conflict("Can't be deleted. The policy group is in use.")
        repository.retireBundle(id, api.clock.now().toISOString())
        db.run('DELETE FROM policy_groups WHERE id = ?', id)
      })
      api.engine.policyBundleReplaced()
      return reply.code(204).send()
    },
  )

  app.post(
    '/policy-groups/:id/actions/resync',
    does({
      id: 'resync_policy_group',
      summary: 'Resync a Policy Group',
      answer: nothing(),
      refusals: [409],
    }),
    (request, reply) => {
      const id = idOf(request)
      db.transaction(() => {
        const row = api.reader.row(policyGroups, userOf(request).accountId, id)
        if (nullableTextOf(row, 'vcs_provider_id') === null) {
          throw conflict('Policy group is not bound to any repository.')
        }
        if (api.vcs.isSyncing(id)) throw conflict('Sync in progress.')
        api.vcs.syncPolicyGroup(id)
      })
      return reply.code(204).send()
    },
  )

  for (const method of ['post', 'patch'] as const) {
    const operation = does({
      id:
        method === 'post' ? 'create_policy_group_environments' : 'update_policy_group_environments',
      summary: `${method === 'post' ? 'Create' : 'Update'} policy group environments relationships`,
      body: identifiersOf('environments'),
      answer: nothing(),
    })
    app[method]('/policy-groups/:id/relationships/environments', operation, (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      api.reader.row(policyGroups, accountId, id)
      const ids = parseActionBody(request.body, identifiersSchema).data.map((one) => one.id)
      db.transaction(() => {
        if (method === 'patch') {
          db.run('DELETE FROM policy_group_environments WHERE policy_group_id = ?', id)
        }
        link(api, accountId, id, ids)
      })
      return reply.code(204).send()
    })
  }

  app.delete<{ Params: { id: string; environment: string } }>(
    '/policy-groups/:id/relationships/environments/:environment',
    does({
      id: 'delete_policy_group_environments',
      summary: "Delete policy group's environment relationship",
      answer: nothing(),
    }),
    (request, reply) => {
      const { id, environment } = request.params
      const row = api.reader.row(policyGroups, userOf(request).accountId, id)
      if (!idsOf(row, 'environment_ids').includes(environment)) {
        throw relationsNotFound('environments', environment)
      }
      db.run(
        'DELETE FROM policy_group_environments WHERE policy_group_id = ? AND environment_id = ?',
        id,
        environment,
      )
      return reply.code(204).send()
    },
  )
}

function changesOf(attributes: Attributes) {
  return {
    name: attributes.name,
    opa_version: attributes['opa-version'],
    is_enforced: attributes['is-enforced'],
    common_functions_folder: attributes['common-functions-folder'],
  }
}

function link(api: PublicApi, accountId: string, groupId: string, ids: readonly string[]): void {
  for (const id of ids) {
    if (api.reader.find(environments, accountId, id) === undefined) {
      throw relationsNotFound('environments', id)
    }
    api.db.run(
      `INSERT INTO policy_group_environments (policy_group_id, environment_id) VALUES (?, ?)
       ON CONFLICT DO NOTHING`,
      groupId,
      id,
    )
  }
}

function isInUse(group: Row): boolean {
  return idsOf(group, 'environment_ids').length > 0
}

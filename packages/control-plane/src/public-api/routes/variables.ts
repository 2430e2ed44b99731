import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  flagOf,
  invalidAttribute,
  invalidRelationship,
  nullableTextOf,
  parseWriteBody,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { environments, variables, workspaces } from '../resources/index.ts'

import {
  checkOverridden,
  checkOverriding,
  sameCategories,
  type VariableScope,
} from './final-variables.ts'
import { registerReads } from './read-routes.ts'
import { variableValue } from './run-attributes.ts'
import { variableNameFault } from './variable-names.ts'
import { checkAccount, insertRow, relatedRow, sendResource, updateRow } from './writes.ts'

const categorySchema = z.enum(['terraform', 'shell', 'env'], {
  error: 'Category must be one of terraform, shell, env.',
})
const keySchema = z
  .string({ error: 'Key cannot be empty.' })
  .min(1, 'Key cannot be empty.')
  .max(128)
const updateSchema = z.object({
  key: keySchema.optional(),
  value: variableValue.nullish(),
  category: categorySchema.optional(),
  hcl: z.boolean().optional(),
  sensitive: z.boolean().optional(),
  final: z.boolean().optional(),
  description: z.string().max(512).nullish(),
})
const createSchema = updateSchema.extend({ key: keySchema, category: categorySchema })

/** Overrides what would be in the way. */
const forceQuery = { force: z.enum(['true', 'false']) }

export function registerVariables(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, variables)

  app.post(
    '/vars',
    does({
      id: 'create_variable',
      summary: 'Create a Variable',
      body: writeOf(variables, createSchema, 'account', 'environment', 'workspace'),
      answer: oneOf(variables, 201),
      query: forceQuery,
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const body = parseWriteBody(request.body, 'vars', createSchema)
      const { attributes } = body
      const id = api.ids('var')
      db.transaction(() => {
        const scope = scopeOf(api, accountId, body)
        checkKey(attributes.key, attributes.category)
        const { key, category } = attributes
        checkUnique(api, accountId, scope, { id, key, category })
        checkOverriding(api, accountId, scope, { key, category })
        if (attributes.final === true) {
          checkOverridden(api, accountId, scope, { key, category, isForced: isForced(request) })
        }
        insertRow(api, 'variables', {
          id,
          account_id: accountId,
          environment_id: scope.environmentId,
          workspace_id: scope.workspaceId,
          key: attributes.key,
          value: attributes.value ?? '',
          category: attributes.category,
          // HCL means nothing to an environment variable.
          hcl: attributes.category === 'terraform' && attributes.hcl === true,
          sensitive: attributes.sensitive,
          final: attributes.final,
          description: attributes.description,
          updated_by: userId,
          updated_at: api.clock.now().toISOString(),
        })
      })
      return sendResource(api, request, reply, { resource: variables, id, status: 201 })
    },
  )

  app.patch(
    '/vars/:id',
    does({
      id: 'update_variable',
      summary: 'Update a Variable',
      body: writeOf(variables, updateSchema),
      answer: oneOf(variables),
      query: forceQuery,
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      const { attributes } = parseWriteBody(request.body, 'vars', updateSchema)
      db.transaction(() => {
        const row = api.reader.row(variables, accountId, id)
        const key = attributes.key ?? textOf(row, 'key')
        const category = attributes.category ?? categorySchema.parse(row['category'])
        checkKey(key, category)
        const scope = {
          environmentId: nullableTextOf(row, 'environment_id'),
          workspaceId: nullableTextOf(row, 'workspace_id'),
        }
        checkUnique(api, accountId, scope, { id, key, category })
        const isRenamed = key !== row['key'] || category !== row['category']
        const isFinal = attributes.final ?? flagOf(row, 'final')
        if (isRenamed) checkOverriding(api, accountId, scope, { key, category })
        if (isFinal && (isRenamed || !flagOf(row, 'final'))) {
          checkOverridden(api, accountId, scope, { key, category, isForced: isForced(request) })
        }
        const revealed = flagOf(row, 'sensitive') && attributes.sensitive === false
        if (revealed && typeof attributes.value !== 'string') {
          throw invalidAttribute(
            'sensitive',
            'A sensitive variable can become visible only together with a new value.',
          )
        }
        updateRow(api, 'variables', id, {
          key: attributes.key,
          value: attributes.value === null ? '' : attributes.value,
          category: attributes.category,
          hcl: category === 'terraform' ? attributes.hcl : false,
          sensitive: attributes.sensitive,
          final: attributes.final,
          description: attributes.description,
          updated_by: userId,
          updated_at: api.clock.now().toISOString(),
        })
      })
      return sendResource(api, request, reply, { resource: variables, id })
    },
  )

  app.delete(
    '/vars/:id',
    does({ id: 'delete_variable', summary: 'Delete a Variable', answer: nothing() }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(variables, userOf(request).accountId, id)
      db.run('DELETE FROM variables WHERE id = ?', id)
      return reply.code(204).send()
    },
  )
}

/** `force=true`: a final variable may take over what narrower scopes say. */
function isForced({ query }: FastifyRequest): boolean {
  return typeof query === 'object' && query !== null && 'force' in query && query.force === 'true'
}

/** The narrowest scope named: workspace, else environment, else the account. */
function scopeOf(api: PublicApi, accountId: string, body: WriteBody<unknown>): VariableScope {
  checkAccount(api, accountId, body)
  const environmentId = body.one('environment') ?? null
  if (environmentId !== null) {
    relatedRow(api, accountId, { name: 'environment', resource: environments, id: environmentId })
  }
  const workspaceId = body.one('workspace') ?? null
  if (workspaceId === null) return { environmentId, workspaceId: null }
  const workspace = relatedRow(api, accountId, {
    name: 'workspace',
    resource: workspaces,
    id: workspaceId,
  })
  if (environmentId !== null && textOf(workspace, 'environment_id') !== environmentId) {
    throw invalidRelationship('workspace', 'The workspace is not in that environment.')
  }
  return { environmentId: null, workspaceId }
}

function checkKey(key: string, category: z.infer<typeof categorySchema>): void {
  const fault = variableNameFault(key, category)
  if (fault !== undefined) throw invalidAttribute('key', fault)
}

function checkUnique(
  api: PublicApi,
  accountId: string,
  scope: VariableScope,
  variable: { readonly id: string; readonly key: string; readonly category: string },
): void {
  const other = api.db.get(
    `SELECT 1 FROM variables WHERE account_id = ? AND environment_id IS ? AND workspace_id IS ?
     AND key = ? AND category IN (SELECT value FROM json_each(?)) AND id <> ? LIMIT 1`,
    accountId,
    scope.environmentId,
    scope.workspaceId,
    variable.key,
    sameCategories(variable.category),
    variable.id,
  )
  if (other === undefined) return
  throw invalidAttribute('key', `Variable with key '${variable.key}' already exists in this scope.`)
}

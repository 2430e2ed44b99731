import { z } from 'zod'

import {
  invalidAttribute,
  parseWriteBody,
  relationsNotFound,
  textOf,
  type WriteBody,
} from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { accounts, serviceAccounts } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { checkAccount, insertRow, sendResource, updateRow, withUniqueName } from './writes.ts'

const empty = 'Service account name can not be empty.'

const updateSchema = z.object({
  // It becomes the local part of an e-mail address.
  name: z
    .string({ error: empty })
    .min(1, empty)
    .max(64, 'Service account name can not be longer than 64 characters.')
    .regex(
      /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u,
      "Service account name can only contain letters, digits, '.', '_' and '-', and begins and ends with a letter or digit.",
    )
    .optional(),
  description: z.string().max(255, 'Description cannot be longer than 255 characters.').nullish(),
  status: z
    .enum(['Active', 'Inactive'], { error: 'Status is one of Active, Inactive.' })
    .optional(),
})
const createSchema = updateSchema.extend({ name: updateSchema.shape.name.unwrap() })

/** Programs with access of their own. An inactive one's tokens open nothing. */
export function registerServiceAccounts(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, serviceAccounts)

  app.post(
    '/service-accounts',
    does({
      id: 'create_service_account',
      summary: 'Create a Service Account',
      body: writeOf(serviceAccounts, createSchema, 'account'),
      answer: oneOf(serviceAccounts, 201),
    }),
    (request, reply) => {
      const { accountId, userId } = userOf(request)
      const body = parseWriteBody(request.body, 'service-accounts', createSchema)
      checkAccount(api, accountId, body)
      refuseOwners(body)
      const { name, description, status } = body.attributes
      const id = api.ids('sa')
      withUniqueName('Service account', name, () =>
        insertRow(api, 'service_accounts', {
          id,
          account_id: accountId,
          name,
          email: `${name}@${domainOf(textOf(api.reader.row(accounts, accountId, accountId), 'name'))}`,
          description,
          is_active: status !== 'Inactive',
          created_by: userId,
          created_at: api.clock.now().toISOString(),
        }),
      )
      return sendResource(api, request, reply, { resource: serviceAccounts, id, status: 201 })
    },
  )

  app.patch(
    '/service-accounts/:id',
    does({
      id: 'update_service_account',
      summary: 'Update a Service Account',
      body: writeOf(serviceAccounts, updateSchema),
      answer: oneOf(serviceAccounts),
    }),
    (request, reply) => {
      const id = idOf(request)
      const row = api.reader.row(serviceAccounts, userOf(request).accountId, id)
      const body = parseWriteBody(request.body, 'service-accounts', updateSchema)
      const { name, description, status } = body.attributes
      refuseOwners(body)
      if (name !== undefined && name !== textOf(row, 'name')) {
        throw invalidAttribute('name', 'The name of a service account cannot be changed.')
      }
      updateRow(api, 'service_accounts', id, {
        description,
        is_active: status === undefined ? undefined : status === 'Active',
      })
      return sendResource(api, request, reply, { resource: serviceAccounts, id })
    },
  )

  app.delete(
    '/service-accounts/:id',
    does({ id: 'delete_service_account', summary: 'Delete a Service Account', answer: nothing() }),
    (request, reply) => {
      const id = idOf(request)
      db.transaction(() => {
        api.reader.row(serviceAccounts, userOf(request).accountId, id)
        db.run("DELETE FROM access_tokens WHERE kind = 'service-account' AND owner_id = ?", id)
        // Workspaces that it locked stay locked, for anybody to unlock.
        db.run('UPDATE workspaces SET locked_by = NULL WHERE locked_by = ?', id)
        db.run('DELETE FROM service_accounts WHERE id = ?', id)
      })
      return reply.code(204).send()
    },
  )
}

function refuseOwners(body: WriteBody<unknown>): void {
  const [team] = body.many('owners') ?? []
  if (team !== undefined) throw relationsNotFound('owners', team)
}

function domainOf(accountName: string): string {
  const label = accountName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-|-$/gu, '')
  return `${label === '' ? 'account' : label}.localhost`
}

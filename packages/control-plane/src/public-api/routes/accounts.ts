import { z } from 'zod'

import { parseWriteBody, relationNotFound } from '../json-api/index.ts'
import { does, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { accounts } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { always, never, refuseRelations } from './refusals.ts'
import { nameSchema, sendResource, updateRow, withUniqueName } from './writes.ts'

const updateSchema = z.object({
  name: nameSchema(255).optional(),
  'allowed-ips': z
    .tuple([], {
      error: 'This control plane does not look at addresses: filter them in front of it.',
    })
    .optional(),
  quotas: never('This control plane has no quotas.'),
  'support-access-enabled': always(false, 'Nobody gives support for this control plane.'),
})

/** The account of the caller. */
export function registerAccounts(api: PublicApi): void {
  registerReads(api, accounts)

  api.app.patch(
    '/accounts/:id',
    does({
      id: 'update_account',
      summary: 'Update Account',
      body: writeOf(accounts, updateSchema, 'owner'),
      answer: oneOf(accounts),
    }),
    (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      const row = api.reader.row(accounts, accountId, id)
      const body = parseWriteBody(request.body, 'accounts', updateSchema)
      const owner = body.one('owner')
      if (typeof owner === 'string' && owner !== row['owner_id']) {
        throw relationNotFound('owner', 'User', owner)
      }
      refuseRelations(body, { one: { 'identity-provider': 'IdentityProvider' } })
      const { name } = body.attributes
      withUniqueName('Account', name, () => updateRow(api, 'accounts', id, { name }))
      return sendResource(api, request, reply, { resource: accounts, id })
    },
  )
}

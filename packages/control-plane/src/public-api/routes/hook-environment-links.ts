import { hookStageSchema } from '@scalr-agent/core/protocol'
import { z } from 'zod'

import { isUniqueViolation } from '../../store/index.ts'
import {
  invalidRelationship,
  nullableTextOf,
  parseWriteBody,
  textOf,
  type Row,
} from '../json-api/index.ts'
import { does, nothing, oneOf, writeOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { environments, hookEnvironmentLinks, hooks } from '../resources/index.ts'

import { registerReads } from './read-routes.ts'
import { insertRow, requiredRow, sendResource, updateRow } from './writes.ts'

const stages = hookStageSchema.options

const eventsSchema = z
  .array(z.enum(stages, { error: `An event is one of ${stages.join(', ')}.` }), {
    error: 'Events cannot be empty.',
  })
  .min(1, 'Events cannot be empty.')
  .transform((events) => [...new Set(events)])

const createSchema = z.object({ events: eventsSchema })
const updateSchema = z.object({ events: eventsSchema.optional() })

/** How long the making of a link waits for the files of its hook. */
const fetchPatienceMs = 20_000

/** Hooks of the registry in environments: when they run there. */
export function registerHookEnvironmentLinks(api: PublicApi): void {
  const { app, db } = api
  registerReads(api, hookEnvironmentLinks)

  app.post(
    '/hook-environment-links',
    does({
      id: 'create_hook_environment_link',
      summary: 'Create Hook Environment Link',
      body: writeOf(hookEnvironmentLinks, createSchema, 'hook!', 'environment!'),
      answer: oneOf(hookEnvironmentLinks, 201),
      refusals: [409],
    }),
    async (request, reply) => {
      const { accountId } = userOf(request)
      const body = parseWriteBody(request.body, 'hook-environment-links', createSchema)
      const relation = { name: 'hook', resource: hooks }
      const named = requiredRow(api, accountId, body, relation)
      // Terraform links a hook as soon as it is made, while its files are still being fetched.
      if (textOf(named, 'status') === 'pending') {
        await api.vcs.whenSynced(textOf(named, 'id'), fetchPatienceMs)
      }
      const hook = requiredRow(api, accountId, body, relation)
      const environment = { name: 'environment', resource: environments }
      const environmentId = textOf(requiredRow(api, accountId, body, environment), 'id')
      // A run must never go on without a hook that was meant to stop it.
      if (textOf(hook, 'status') !== 'active') {
        throw invalidRelationship(
          'hook',
          `Hook '${textOf(hook, 'name')}' is ${textOf(hook, 'status')}: ${missingFiles(hook)}`,
        )
      }
      const id = api.ids('hkenv')
      try {
        insertRow(api, 'hook_environment_links', {
          id,
          hook_id: textOf(hook, 'id'),
          environment_id: environmentId,
          events_json: JSON.stringify(body.attributes.events),
          created_at: api.clock.now().toISOString(),
        })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        throw invalidRelationship(
          'hook',
          `Hook '${textOf(hook, 'name')}' is already linked to this environment.`,
        )
      }
      return sendResource(api, request, reply, { resource: hookEnvironmentLinks, id, status: 201 })
    },
  )

  app.patch(
    '/hook-environment-links/:id',
    does({
      id: 'update_hook_environment_link',
      summary: 'Update Hook Environment Link',
      body: writeOf(hookEnvironmentLinks, updateSchema),
      answer: oneOf(hookEnvironmentLinks),
    }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(hookEnvironmentLinks, userOf(request).accountId, id)
      const { attributes } = parseWriteBody(request.body, 'hook-environment-links', updateSchema)
      const { events } = attributes
      updateRow(api, 'hook_environment_links', id, {
        events_json: events === undefined ? undefined : JSON.stringify(events),
      })
      return sendResource(api, request, reply, { resource: hookEnvironmentLinks, id })
    },
  )

  app.delete(
    '/hook-environment-links/:id',
    does({
      id: 'delete_hook_environment_link',
      summary: 'Delete Hook Environment Link',
      answer: nothing(),
    }),
    (request, reply) => {
      const id = idOf(request)
      api.reader.row(hookEnvironmentLinks, userOf(request).accountId, id)
      db.run('DELETE FROM hook_environment_links WHERE id = ?', id)
      return reply.code(204).send()
    },
  )
}

function missingFiles(hook: Row): string {
  if (nullableTextOf(hook, 'vcs_provider_id') === null) return 'upload its files first.'
  return nullableTextOf(hook, 'error_message') ?? 'its files are still being fetched. Try again.'
}

import { maxJsonBodyBytes } from '@scalr-agent/core/protocol'
import { z } from 'zod'

import { EngineError } from '../../engine/index.ts'
import {
  conflict,
  invalidRelationship,
  notFound,
  parseWriteBody,
  type PublicApiError,
  textOf,
} from '../json-api/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { configurationVersions, runs, workspaces } from '../resources/index.ts'

import { checkRunVariables } from './final-variables.ts'
import { registerReads } from './read-routes.ts'
import { commentSchema } from './run-actions.ts'
import { checkRunMode, runAttributesSchema } from './run-attributes.ts'
import { parseActionBody, relatedRow, requiredRow, sendResource } from './writes.ts'

const confirmSchema = commentSchema.extend({
  'apply-at': z.null({ error: 'This control plane does not schedule applies.' }).optional(),
})
/** `force` is our own: Scalr's public API has no force-cancel. */
const cancelSchema = commentSchema.extend({ force: z.boolean().default(false) })

const noConfiguration =
  'No configuration versions available to create the run from. Upload at least one or link the workspace to a VCS provider.'

export function registerRuns(api: PublicApi): void {
  const { app, engine } = api
  registerReads(api, runs)

  // A run may bring a thousand variables of 64 KiB; that many at once are refused, a few hundred are not.
  app.post('/runs', { bodyLimit: maxJsonBodyBytes }, (request, reply) => {
    const { accountId, userId } = userOf(request)
    const body = parseWriteBody(request.body, 'runs', runAttributesSchema)
    const { attributes } = body
    const workspace = requiredRow(api, accountId, body, { name: 'workspace', resource: workspaces })
    const workspaceId = textOf(workspace, 'id')
    if (textOf(workspace, 'execution_mode') === 'local') {
      throw invalidRelationship(
        'workspace',
        'The workspace is in local execution mode: it keeps state and has no runs.',
      )
    }
    const configurationVersionId = configurationOf(
      api,
      accountId,
      workspaceId,
      body.one('configuration-version'),
    )
    checkRunMode(attributes)
    const variables = (attributes.variables ?? []).map((variable) => ({
      ...variable,
      value: variable.value ?? '',
      // HCL means nothing to an environment variable.
      hcl: variable.category === 'terraform' && variable.hcl,
    }))
    checkRunVariables(api, workspaceId, variables)
    const id = fromEngine(workspaceId, 'Workspace', () =>
      engine.createRun({
        workspaceId,
        ...(configurationVersionId === undefined ? {} : { configurationVersionId }),
        source: attributes.source ?? 'api',
        message: attributes.message ?? null,
        createdBy: userId,
        ...given('isDestroy', attributes['is-destroy']),
        ...given('isDry', attributes['is-dry']),
        ...given('autoApply', attributes['auto-apply']),
        ...given('refresh', attributes.refresh),
        ...given('refreshOnly', attributes['refresh-only']),
        ...given('savePlan', attributes['save-plan']),
        targetAddrs: attributes['target-addrs'] ?? [],
        replaceAddrs: attributes['replace-addrs'] ?? [],
        variables,
      }),
    )
    return sendResource(api, request, reply, { resource: runs, id, status: 201 })
  })

  const decisions = [
    ['apply', 'confirm', confirmSchema],
    ['discard', 'discard', commentSchema],
  ] as const
  for (const [action, decide, schema] of decisions) {
    app.post(`/runs/:id/actions/${action}`, (request, reply) => {
      const { accountId, userId } = userOf(request)
      const id = idOf(request)
      parseActionBody(request.body, schema)
      api.reader.row(runs, accountId, id)
      fromEngine(id, 'Run', () => engine[decide](id, userId))
      return reply.code(202).send()
    })
  }

  app.post('/runs/:id/actions/cancel', (request, reply) => {
    const { accountId, userId } = userOf(request)
    const id = idOf(request)
    const { force } = parseActionBody(request.body, cancelSchema)
    api.reader.row(runs, accountId, id)
    const result = fromEngine(id, 'Run', () => engine.cancel(id, { force, by: userId }))
    return reply.code(result === 'unchanged' ? 204 : 202).send()
  })
}

function configurationOf(
  api: PublicApi,
  accountId: string,
  workspaceId: string,
  id: string | null | undefined,
): string | undefined {
  if (typeof id !== 'string') return undefined
  const relation = 'configuration-version'
  const row = relatedRow(api, accountId, {
    name: relation,
    resource: configurationVersions,
    id,
  })
  if (textOf(row, 'workspace_id') !== workspaceId) {
    throw invalidRelationship(relation, 'The configuration version is of another workspace.')
  }
  const status = textOf(row, 'status')
  if (status !== 'uploaded') {
    throw invalidRelationship(relation, `The configuration version is '${status}', not uploaded.`)
  }
  return id
}

function given<Key extends string>(
  key: Key,
  value: boolean | null | undefined,
): Partial<Record<Key, boolean>> {
  const result: Partial<Record<Key, boolean>> = {}
  if (typeof value === 'boolean') result[key] = value
  return result
}

/** What the engine refuses, in Scalr's words. */
function fromEngine<T>(id: string, model: 'Run' | 'Workspace', action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof EngineError) throw translate(error, id, model)
    throw error
  }
}

function translate(error: EngineError, id: string, model: string): PublicApiError {
  switch (error.code) {
    case 'NOT_FOUND':
      return notFound(model, id)
    case 'NOT_CONFIRMABLE':
      return conflict('Run was not paused for confirmation. Apply not allowed.')
    case 'NOT_DISCARDABLE':
      return conflict('Run was not paused for confirmation or priority. Discard not allowed.')
    case 'NOT_CANCELABLE':
      return conflict('Run was not planning or applying. Cancel not allowed.')
    case 'NOT_OVERRIDABLE':
      return conflict('Override is not possible in a current policy check status.')
    case 'NO_CONFIGURATION':
      return invalidRelationship('configuration-version', noConfiguration)
    case 'PLAN_NOT_NEXT':
    case 'PLAN_STALE':
    // Rare here: what the engine says is written for people.
    case 'DIGEST_MISMATCH':
    case 'ILLEGAL_STATE':
    case 'LEASE_LOST':
    case 'NAME_TAKEN':
    case 'SESSION_GONE':
    case 'WRONG_POOL':
      return conflict(error.message)
  }
}

import { pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'

import { jobFileNames } from '@scalr-agent/core/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { resultFile } from '../../engine/index.ts'
import { dataFiles, JobsRepository, type DataFile } from '../../store/index.ts'
import { PublicApiError, type Resource } from '../json-api/index.ts'
import { does, fileOf, outputOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { applies, hasErroredState, plans, policyChecks } from '../resources/index.ts'

import { ansiStripper } from './ansi-stripper.ts'
import { registerRead } from './read-routes.ts'
import { sendStored } from './send-stored.ts'

const outputQuery = { format: z.enum(['gzip']) }
/** `clean`: without the codes of a terminal. */
const logQuery = { ...outputQuery, clean: z.enum(['true', 'false']) }

/** Plans, applies and policy checks: their reports, and what they printed so far. */
export function registerPhases(api: PublicApi): void {
  const answer = outputOf('text/plain', 'application/gzip')
  for (const [resource, id, summary] of [
    [plans, 'get_plan_log', 'Plan Log'],
    [applies, 'get_apply_log', 'Apply Log'],
    [policyChecks, 'get_policy_checks_log', 'Policy Check Log'],
  ] as const) {
    registerRead(api, resource)
    const operation = does({ id, summary, answer, query: logQuery })
    api.app.get(`${resource.path}/:id/output`, operation, (request, reply) => {
      const phaseId = requirePhase(api, resource, request)
      return sendFile(api, request, reply, {
        file: dataFiles.log(phaseId),
        mediaType: 'text/plain; charset=utf-8',
        clean: parameter(request, 'clean') === 'true',
      })
    })
  }
  for (const resource of [plans, applies]) {
    // Our own: a state that was rescued and does not follow the current one (I9).
    const operation = does({
      id: `get_${resource.model.toLowerCase()}_errored_state`,
      summary: `Download the rescued state of a ${resource.model}`,
      answer: fileOf('application/json', 'application/gzip'),
    })
    api.app.get(`${resource.path}/:id/errored-state`, operation, (request, reply) =>
      sendErroredState(api, resource, request, reply),
    )
  }
  api.app.get(
    '/plans/:id/json-output',
    does({
      id: 'get_json_output',
      summary: 'JSON Output',
      answer: outputOf('application/json'),
      query: outputQuery,
    }),
    (request, reply) => {
      const id = requirePhase(api, plans, request)
      return sendFile(api, request, reply, {
        file: dataFiles.planJson(id),
        mediaType: 'application/json',
        clean: false,
      })
    },
  )
}

function requirePhase(api: PublicApi, resource: Resource, request: FastifyRequest): string {
  const id = idOf(request)
  api.reader.row(resource, userOf(request).accountId, id)
  return id
}

async function sendErroredState(
  api: PublicApi,
  resource: Resource,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = idOf(request)
  const phase = api.reader.row(resource, userOf(request).accountId, id)
  const job = hasErroredState(phase) ? new JobsRepository(api.db).ofPhase(id) : undefined
  const missing = new PublicApiError(404, {
    title: `${resource.model} with ID '${id}' has kept no rescued state.`,
  })
  if (job === undefined) throw missing
  const units = jobFileNames.erroredStates
  const isOfUnits = (await api.files.size(resultFile(job, units))) !== undefined
  const name = isOfUnits ? units : jobFileNames.erroredState
  return sendStored(api, reply, {
    file: resultFile(job, name),
    mediaType: isOfUnits ? 'application/gzip' : 'application/json',
    fileName: `${id}-${name}`,
    missing,
  })
}

/** 204 while there is nothing; otherwise what is there at this moment. */
async function sendFile(
  api: PublicApi,
  request: FastifyRequest,
  reply: FastifyReply,
  content: { readonly file: DataFile; readonly mediaType: string; readonly clean: boolean },
): Promise<FastifyReply> {
  const size = (await api.files.size(content.file)) ?? 0
  if (size === 0) return reply.code(204).send()
  // The file may grow while it is sent: the end is fixed now, so that the length is true.
  const source = api.files.read(content.file, { end: size })
  const gzip = parameter(request, 'format') === 'gzip'
  const steps = [
    ...(content.clean ? [ansiStripper()] : []),
    ...(gzip ? [createGzip()] : []),
  ] as const
  reply.type(gzip ? 'application/gzip' : content.mediaType)
  // What a tool printed is shown as text and never run by a browser.
  reply.header('x-content-type-options', 'nosniff')
  const last = steps.at(-1)
  if (last === undefined) return reply.header('content-length', size).send(source)
  pipeline([source, ...steps], (error) => {
    if (error) api.logger.warn({ file: content.file, err: error }, 'Output was not sent whole')
  })
  return reply.send(last)
}

function parameter(request: FastifyRequest, name: string): string | undefined {
  const { query } = request
  if (typeof query !== 'object' || query === null) return undefined
  const value: unknown = Reflect.get(query, name)
  return typeof value === 'string' ? value : undefined
}

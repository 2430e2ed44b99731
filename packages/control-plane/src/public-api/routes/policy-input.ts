import { z } from 'zod'

import { Readable } from 'node:stream'

import { ZipFile } from 'yazl'

import {
  dataFiles,
  findWorkspaceFacts,
  PhasesRepository,
  PoliciesRepository,
  RunsRepository,
} from '../../store/index.ts'
import { policyRunFacts } from '../../engine/index.ts'
import { invalidParameter, PublicApiError, textOf } from '../json-api/index.ts'
import { does, fileOf } from '../openapi/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { runs } from '../resources/index.ts'

/**
 * `GET /runs/{id}/policy-input`: a zip with `input.json`, which is what `opa eval --input` wants to try a
 * policy. `stage=pre_plan` leaves the plan out.
 */
export function registerPolicyInput(api: PublicApi): void {
  const { db, files } = api

  api.app.get(
    '/runs/:id/policy-input',
    does({
      id: 'download_policy_input',
      summary: 'Download a Policy Input',
      answer: fileOf('application/zip'),
      query: { stage: z.enum(['pre_plan', 'post_plan']) },
    }),
    async (request, reply) => {
      const { accountId } = userOf(request)
      const id = idOf(request)
      const row = api.reader.row(runs, accountId, id)
      const run = new RunsRepository(db).get(id)
      const facts = findWorkspaceFacts(db, textOf(row, 'workspace_id'))
      const stage =
        new URL(request.url, 'http://localhost').searchParams.get('stage') ?? 'post_plan'
      if (stage !== 'pre_plan' && stage !== 'post_plan') {
        throw invalidParameter('stage', 'It is either pre_plan or post_plan.')
      }
      const plan = dataFiles.planJson(new PhasesRepository(db).ofRun(id, 'plan')?.id ?? id)
      const size = await files.size(plan)
      if (
        run === undefined ||
        facts === undefined ||
        (stage === 'post_plan' && size === undefined)
      ) {
        throw new PublicApiError(404, {
          title: `Run with ID '${id}' not found, plan wasn't completed or user unauthorized.`,
        })
      }
      // As the policies were told it, where they were.
      const check = new PhasesRepository(db).ofRun(id, 'policy')
      const told = check && new PoliciesRepository(db).check(check.id)?.run_facts_json
      const tfrun = told ?? JSON.stringify(policyRunFacts({ db }, run, facts))
      const content =
        stage === 'pre_plan'
          ? Readable.from([`{"tfrun":${tfrun}}`], { objectMode: false })
          : Readable.from(wholeInput(tfrun, files.read(plan)), { objectMode: false })
      const zip = new ZipFile()
      zip.addReadStream(content, 'input.json', { mtime: new Date(run.created_at) })
      zip.end()
      content.once('error', (error) => {
        api.logger.warn({ runId: id, err: error }, 'The input of policies was not sent whole')
        zip.outputStream.unpipe()
        reply.raw.destroy()
      })
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="${id}-policy-input.zip"`)
        .send(zip.outputStream)
    },
  )
}

async function* wholeInput(tfrun: string, plan: AsyncIterable<unknown>): AsyncGenerator {
  yield `{"tfrun":${tfrun},"tfplan":`
  yield* plan
  yield '}'
}

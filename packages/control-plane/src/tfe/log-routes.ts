import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'

import { PublicApiError } from '../public-api/index.ts'
import { dataFiles, type DataFile, type FileStore } from '../store/index.ts'

import { logHead, logPart, logRange } from './log-stream.ts'
import { parameterOf, type TfeApi } from './tfe-api.ts'
import { tfePath } from './tfe-path.ts'

/** A phase that has one of these prints nothing more. */
const ended: readonly string[] = ['finished', 'errored', 'canceled', 'unreachable']

/** Where a client follows the log of a plan or an apply. It sends no token: whoever has the link may read. */
export function logLink({ links, publicUrl }: TfeApi, phaseId: string): string {
  return `${publicUrl()}${tfePath}/logs/${phaseId}/${links.proofOf(phaseId)}`
}

/** `log-read-url` of plans and applies. */
export function registerLogs(api: TfeApi): void {
  const { linked, db, files, links } = api

  linked.get('/logs/:phase/:proof', async (request, reply) => {
    const id = parameterOf(request, 'phase')
    const phase = links.isGood(id, parameterOf(request, 'proof'))
      ? db.get<{ phase: 'plan' | 'apply'; status: string }>(
          "SELECT phase, status FROM phases WHERE id = ? AND phase IN ('plan', 'apply')",
          id,
        )
      : undefined
    if (phase === undefined) throw new PublicApiError(404, { title: 'not found' })
    const file = dataFiles.log(id)
    const bytes = (await files.size(file)) ?? 0
    const part = logPart(
      // The status was read before the size: what has ended by then, is whole.
      { head: logHead(phase.phase), bytes, isComplete: ended.includes(phase.status) },
      logRange(request.url),
    )
    const content = await readRange(files, file, part.file)
    return (
      reply
        .type('text/plain; charset=utf-8')
        // What a tool printed is shown as text and never run by a browser.
        .header('x-content-type-options', 'nosniff')
        .send(Buffer.concat([part.head, content, part.tail]))
    )
  })
}

async function readRange(
  files: FileStore,
  file: DataFile,
  range: { readonly start: number; readonly end: number },
): Promise<Buffer> {
  if (range.start >= range.end) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      done()
    },
  })
  await pipeline(files.read(file, range), sink)
  return Buffer.concat(chunks)
}

import type { FastifyRequest } from 'fastify'

import { requestBytes } from '../../runtime/index.ts'
import { dataFiles, type WrittenFile } from '../../store/index.ts'
import { conflict, PublicApiError, textOf } from '../json-api/index.ts'
import { idOf, userOf, type PublicApi } from '../public-api.ts'
import { configurationVersions } from '../resources/index.ts'

import { findArchiveFault } from './archive-check.ts'
import { updateRow } from './writes.ts'

/** `PUT …/upload`: straight to the disk, then looked through before any run may use it. */
export function registerConfigurationUpload(api: PublicApi): void {
  const { db, files, limits } = api
  const uploading = new Set<string>()

  void api.app.register((app, _options, done) => {
    // Whatever the client calls it, the body is bytes and is not read into memory.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))

    app.put('/configuration-versions/:id/upload', async (request, reply) => {
      const id = idOf(request)
      requirePending(api, userOf(request).accountId, id)
      if (uploading.has(id)) throw conflict('The configuration version is being uploaded already.')
      uploading.add(id)
      try {
        const written = await store(request, id)
        const fault = await findArchiveFault(files.path(dataFiles.configuration(id)), {
          maxEntries: limits.configurationEntries,
          maxBytes: limits.configurationUnpackedBytes,
        })
        await finish(id, written, fault)
      } finally {
        uploading.delete(id)
      }
      return reply.code(200).send()
    })
    done()
  })

  async function store(request: FastifyRequest, id: string): Promise<WrittenFile> {
    const declared = Number(request.headers['content-length'])
    return files.writeStream(dataFiles.configuration(id), requestBytes(request.raw), {
      maxBytes: limits.configurationBytes,
      expected: { bytes: Number.isSafeInteger(declared) ? declared : undefined },
    })
  }

  async function finish(
    id: string,
    written: WrittenFile,
    fault: string | undefined,
  ): Promise<void> {
    const uploadedAt = api.clock.now().toISOString()
    if (fault !== undefined) {
      updateRow(api, 'configuration_versions', id, {
        status: 'errored',
        error_message: fault,
        uploaded_at: uploadedAt,
      })
      await files.remove(dataFiles.configuration(id))
      throw new PublicApiError(422, { title: 'Invalid Configuration Archive', detail: fault })
    }
    db.transaction(() => {
      updateRow(api, 'configuration_versions', id, {
        status: 'uploaded',
        bytes: written.bytes,
        digest: written.digest,
        uploaded_at: uploadedAt,
      })
    })
    // A run of its own transaction: that the archive is here stands, whether or not a run can be queued.
    api.engine.configurationUploaded(id)
  }
}

function requirePending(api: PublicApi, accountId: string, id: string): void {
  const row = api.reader.row(configurationVersions, accountId, id)
  const status = textOf(row, 'status')
  if (status !== 'pending') {
    throw conflict(
      `The configuration version is '${status}' and takes no other upload. Create a new one.`,
    )
  }
}

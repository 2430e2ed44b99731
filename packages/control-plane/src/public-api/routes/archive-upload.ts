import { findArchiveFault, type ArchiveFault } from '../../archives/index.ts'
import { requestBytes } from '../../runtime/index.ts'
import type { DataFile, WrittenFile } from '../../store/index.ts'
import { conflict } from '../json-api/index.ts'
import { archiveBody, does, nothing, type Operation } from '../openapi/index.ts'
import { idOf, userOf, type ApiUser, type PublicApi } from '../public-api.ts'

/** What is uploaded, and what becomes of it. */
export interface ArchiveUpload {
  /** With `:id` in it. */
  readonly path: string
  readonly operation: Pick<Operation, 'id' | 'summary'>
  /** In messages: `The configuration version is being uploaded already.` */
  readonly what: string
  /** In messages: `The configuration archive holds no file.` */
  readonly archive: string
  readonly limits: {
    readonly packedBytes: number
    readonly unpackedBytes: number
    readonly entries: number
  }
  /** Whether this one may be uploaded now: refuses by throwing. */
  readonly begin: (id: string, user: ApiUser) => PendingArchive
}

/** Where one archive goes, and what becomes of it. */
export interface PendingArchive {
  readonly file: DataFile
  /** A file that it must hold. */
  readonly requiredFile?: string
  /** Looks into the archive, which is a good one: what is wrong with it. */
  readonly inspect?: () => Promise<ArchiveFault>
  /** Takes it: it lies under its name and is checked. */
  readonly accept: (written: WrittenFile) => void
  /** Notes what is wrong with it, and gives the error of the answer. The file is removed after. */
  readonly refuse: (fault: string) => Error
}

/** `PUT …/upload` of a tar.gz: straight to the disk, then looked through before anything may use it. */
export function registerArchiveUpload(api: PublicApi, upload: ArchiveUpload): void {
  const { files } = api
  const uploading = new Set<string>()

  void api.app.register((app, _options, done) => {
    // Whatever the client calls it, the body is bytes and is not read into memory.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))

    app.put(
      upload.path,
      does({ ...upload.operation, body: archiveBody, answer: nothing(200), refusals: [409, 413] }),
      async (request, reply) => {
        const id = idOf(request)
        const pending = upload.begin(id, userOf(request))
        const { file } = pending
        if (uploading.has(id)) throw conflict(`${upload.what} is being uploaded already.`)
        uploading.add(id)
        try {
          const declared = Number(request.headers['content-length'])
          const written = await files.writeStream(file, requestBytes(request.raw), {
            maxBytes: upload.limits.packedBytes,
            expected: { bytes: Number.isSafeInteger(declared) ? declared : undefined },
          })
          const fault = (await check(pending)) ?? (await pending.inspect?.())
          if (fault !== undefined) {
            const error = pending.refuse(fault)
            await files.remove(file)
            throw error
          }
          pending.accept(written)
        } finally {
          uploading.delete(id)
        }
        return reply.code(200).send()
      },
    )
    done()
  })

  async function check({ file, requiredFile }: PendingArchive): Promise<ArchiveFault> {
    return findArchiveFault(files.path(file), {
      archive: upload.archive,
      limits: { maxEntries: upload.limits.entries, maxBytes: upload.limits.unpackedBytes },
      ...(requiredFile === undefined ? {} : { requiredFile }),
    })
  }
}

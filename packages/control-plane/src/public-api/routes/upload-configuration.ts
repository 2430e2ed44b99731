import { dataFiles } from '../../store/index.ts'
import { conflict, PublicApiError, textOf } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'
import { configurationVersions } from '../resources/index.ts'

import { registerArchiveUpload } from './archive-upload.ts'
import { updateRow, type Changes } from './writes.ts'

/** `PUT` of a configuration's archive. */
export function registerConfigurationUpload(
  api: PublicApi,
  path = '/configuration-versions/:id/upload',
): void {
  const { limits } = api
  registerArchiveUpload(api, {
    path,
    operation: { id: 'upload_configuration_version', summary: 'Upload a Configuration Version' },
    what: 'The configuration version',
    archive: 'configuration archive',
    limits: {
      packedBytes: limits.configurationBytes,
      unpackedBytes: limits.configurationUnpackedBytes,
      entries: limits.configurationEntries,
    },
    begin: (id, { accountId }) => {
      requirePending(api, accountId, id)
      const note = (values: Changes): void =>
        updateRow(api, 'configuration_versions', id, {
          ...values,
          uploaded_at: api.clock.now().toISOString(),
        })
      return {
        file: dataFiles.configuration(id),
        accept: ({ bytes, digest }) => {
          note({ status: 'uploaded', bytes, digest })
          // A run of its own transaction: that the archive is here stands, whether or not a run can be queued.
          api.engine.configurationUploaded(id)
        },
        refuse: (fault) => {
          note({ status: 'errored', error_message: fault })
          return new PublicApiError(422, { title: 'Invalid Configuration Archive', detail: fault })
        },
      }
    },
  })
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

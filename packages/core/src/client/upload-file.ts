import type { Readable } from 'node:stream'

import type { CallOptions } from './resource-client.ts'
import type { ScalrApi } from './scalr-api.ts'

/** Bytes to send, or how to open them: a stream is opened anew for every attempt. */
export type FileSource = Uint8Array | { readonly bytes?: number; readonly open: () => Readable }

/** Sends a file to a link that the API gave. */
export async function uploadFile(
  api: ScalrApi,
  doing: string,
  link: string,
  file: FileSource,
  options: CallOptions,
): Promise<void> {
  await api.upload(
    { doing, method: 'PUT', link, signal: options.signal },
    file instanceof Uint8Array
      ? { bytes: file.byteLength, body: file }
      : { bytes: file.bytes, body: file.open },
  )
}

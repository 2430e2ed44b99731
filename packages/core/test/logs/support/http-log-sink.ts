import { ApiError, NetworkError } from '../../../src/errors/index.ts'
import type { LogSink } from '../../../src/logs/index.ts'

/** The log calls of the agent protocol over a real socket, as small as can be. */
export function httpLogSink(url: string): LogSink {
  const call = async (init: RequestInit): Promise<number> => {
    const method = init.method ?? 'GET'
    try {
      const response = await fetch(url, init)
      if (response.status !== 200 && response.status !== 409) {
        throw new ApiError('Failed', { method, path: '/log', status: response.status })
      }
      return ((await response.json()) as { offset: number }).offset
    } catch (error) {
      if (error instanceof ApiError) throw error
      throw new NetworkError('Cut', { cause: error })
    }
  }
  return {
    appendLog: (offset, bytes, options) =>
      call({
        method: 'PATCH',
        headers: { 'upload-offset': String(offset) },
        body: new Uint8Array(bytes),
        signal: options?.signal ?? null,
      }),
    logOffset: (options) => call({ signal: options?.signal ?? null }),
  }
}

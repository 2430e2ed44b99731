import type { Readable } from 'node:stream'

/**
 * The body of a request, for whoever may stop in the middle. The rest is then read and thrown away:
 * leaving a loop over the request itself would destroy it, and the sender, busy sending, would never see
 * the answer that says why.
 */
export async function* requestBytes(request: Readable): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* request.iterator({ destroyOnReturn: false })
  } finally {
    request.resume()
  }
}

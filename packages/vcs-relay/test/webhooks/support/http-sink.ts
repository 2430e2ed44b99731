import { request } from 'undici'

import type { RelayWebhook, WebhookSink } from '../../../src/relay-webhook.ts'

/** A sink in another process: what a control plane is to a spool. */
export class HttpSink implements WebhookSink {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async deliver(webhook: RelayWebhook, options: { readonly signal: AbortSignal }): Promise<void> {
    const { body, ...rest } = webhook
    const answer = await request(this.#url, {
      method: 'POST',
      headers: { 'x-webhook': encodeURIComponent(JSON.stringify(rest)) },
      body,
      signal: options.signal,
    })
    await answer.body.dump()
    if (answer.statusCode !== 204)
      throw new Error(`The control plane answered ${answer.statusCode}`)
  }
}

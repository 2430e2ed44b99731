import { startWebhookServer, WebhookListener, WebhookSpool } from '../../../src/webhooks/index.ts'

import { hook } from './hook.ts'
import { HttpSink } from './http-sink.ts'

/** A webhook listener with its spool, in a process of its own, which a test may kill. Ends with SIGTERM. */
const { SPOOL_DIR: directory = '', SINK_URL: sinkUrl = '' } = process.env
const spool = await WebhookSpool.open({
  directory,
  sink: new HttpSink(sinkUrl),
  retry: { minMs: 5, maxMs: 100 },
})
const listener = new WebhookListener({ hooks: [hook] }, { spool })
const server = await startWebhookServer({ listener, port: 0 })
process.once('SIGTERM', () => {
  void server.close().then(() => spool.close())
})
process.stdout.write(`listens ${server.url}\n`)

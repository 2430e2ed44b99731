/**
 * An agent, as far as logs go: pumps a file to a server, keeps its checkpoint in a file. The test
 * kills it with SIGKILL and starts it again. Prints the summary as JSON when it got through.
 */
import { createReadStream } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { LogPump, LogSpool, LogUploader, logCheckpointSchema } from '../../../src/logs/index.ts'
import { httpLogSink } from './http-log-sink.ts'

const [directory = '', url = '', nonce = '', pauseEveryBytes = '0', ...secrets] =
  process.argv.slice(2)
const journal = join(directory, 'checkpoint.json')

const from = await readFile(journal, 'utf8').then(
  (text) => logCheckpointSchema.parse(JSON.parse(text)),
  () => undefined,
)
const spool = await LogSpool.open({
  directory: join(directory, 'spool'),
  segmentBytes: 1024 * 1024,
})
const uploader = new LogUploader({ spool, sink: httpLogSink(url), attemptTimeoutMs: 500 })
uploader.start()
const pump = await LogPump.open({
  spool,
  nonce,
  secrets,
  from,
  onCheckpoint: async (checkpoint) => {
    await writeFile(`${journal}.new`, JSON.stringify(checkpoint))
    await rename(`${journal}.new`, journal)
  },
})
await pump.run({
  async *output(fromByte) {
    let unpaused = 0
    for await (const chunk of createReadStream(join(directory, 'output'), { start: fromByte })) {
      yield chunk as Buffer
      unpaused += (chunk as Buffer).length
      if (Number(pauseEveryBytes) > 0 && unpaused >= Number(pauseEveryBytes)) {
        unpaused = 0
        await uploader.drain()
      }
    }
  },
})
await pump.appendEpilogue('[scalr-agent] The job is done.\n')
const summary = await pump.end()
await uploader.drain()
process.stdout.write(`${JSON.stringify(summary)}\n`)

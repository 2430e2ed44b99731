import { createServer } from 'node:http'

import { createReceiver, ServerlessLauncher, toNodeHandler } from '@scalr-agent/core/serverless'
import { ProcessExecutor } from '@scalr-agent/executor-process'

/** A launcher in a process of its own, to be killed. Arguments: data directory, port, program of an agent. */
const [dataDir = '', port = '', script = ''] = process.argv.slice(2)

const launcher = await ServerlessLauncher.open({
  executor: new ProcessExecutor({ dataDir: `${dataDir}/executor` }),
  dataDir: `${dataDir}/launcher`,
  url: 'https://acme.scalr.io',
  token: 'token-of-the-pool',
  concurrency: 20,
  maxQueued: 2000,
  launch: { argv: ['/bin/sh', '-c', script] },
})
const receive = createReceiver({
  launcher,
  secret: { header: 'x-launch-secret', values: ['secret-of-the-pool'] },
})
createServer(toNodeHandler(receive)).listen(Number(port), '127.0.0.1', () => {
  process.stdout.write('ready\n')
})

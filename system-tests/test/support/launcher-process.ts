import { createServer } from 'node:http'
import { join } from 'node:path'

import { createReceiver, ServerlessLauncher, toNodeHandler } from '@scalr-agent/core/serverless'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import { FileExecutor } from './file-executor.ts'

/**
 * A launcher in a process of its own, to be killed. Arguments: directory, port, and the program of an agent; without
 * it agents are files.
 */
const [directory = '', port = '', script] = process.argv.slice(2)

const launcher = await ServerlessLauncher.open({
  executor:
    script === undefined
      ? new FileExecutor(join(directory, 'workloads'))
      : new ProcessExecutor({ dataDir: join(directory, 'executor') }),
  dataDir: join(directory, 'launcher'),
  url: 'https://acme.scalr.io',
  token: 'token-of-the-pool',
  concurrency: 20,
  maxQueued: 2000,
  launch: { argv: ['/bin/sh', '-c', script ?? 'true'] },
})
const receive = createReceiver({
  launcher,
  secret: { header: 'x-launch-secret', values: ['secret-of-the-pool'] },
})
createServer(toNodeHandler(receive)).listen(Number(port), '127.0.0.1', () => {
  process.stdout.write('ready\n')
})

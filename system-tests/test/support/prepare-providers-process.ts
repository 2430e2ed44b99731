import { readFileSync } from 'node:fs'

import { createJobCaches } from '@scalr-agent/core'

/** An agent that prepares one job; the test kills it in the middle. */
const [cacheDir = '', dataDir = '', mirrorUrl = '', caCert = '', lockFile = ''] =
  process.argv.slice(2)

const caches = createJobCaches({
  cacheDir,
  dataDir,
  connection: { caCert },
  providers: { networkMirrors: [{ url: mirrorUrl }], registryHosts: [] },
})
const prepared = await caches.prepare(
  {
    jobId: 'job-of-the-process',
    tools: [],
    lockFile: readFileSync(lockFile, 'utf8'),
    lookIn: 'nowhere',
    canMount: true,
  },
  {},
)
process.stdout.write(`${prepared.notes.at(-1)}\n`)
await caches.close()

/** An agent that prepares one job as soon as its input begins, and prints what the job was given. */
import { createJobCaches } from '../../../src/caches/index.ts'
import type { ToolName } from '../../../src/caches/index.ts'

interface Task {
  readonly cacheDir: string
  readonly dataDir: string
  readonly jobId: string
  readonly tools: readonly { readonly name: ToolName; readonly version: string }[]
  readonly releasesUrl: string
  readonly mirrorUrl: string
  readonly lockFile: string
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of our own command line
const task = JSON.parse(process.argv[2] ?? '') as Task
const { cacheDir, dataDir, jobId, tools, releasesUrl, mirrorUrl, lockFile } = task
const caches = createJobCaches({
  cacheDir,
  dataDir,
  platform: 'linux_amd64',
  binaries: { baseUrls: { terraform: releasesUrl, opa: releasesUrl } },
  providers: { networkMirrors: [{ url: mirrorUrl }], registryHosts: [] },
})
await caches.recover([])
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const prepared = await caches.prepare(
  { jobId, tools, lockFile, lookIn: 'nowhere', canMount: true },
  {},
)
process.stdout.write(`${JSON.stringify(prepared)}\n`)
await caches.close()
process.exit(0)

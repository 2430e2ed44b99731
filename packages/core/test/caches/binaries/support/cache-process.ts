/**
 * An agent, as far as the binary cache goes: asks for a tool for a job, prints what it got as JSON, and
 * stays. The test kills it with SIGKILL, or ends it by closing its input.
 */
import { BinaryCache } from '../../../../src/caches/binaries/index.ts'
import type { ToolName } from '../../../../src/caches/index.ts'
import { createDispatcher } from '../../../../src/http/index.ts'
import { silentLogger, systemClock } from '../../../../src/runtime/index.ts'

const [cacheDir = '', owner = '', baseUrl = '', jobId = '', name = '', version = ''] =
  process.argv.slice(2)

const dispatcher = createDispatcher()
const cache = new BinaryCache({
  cacheDir,
  owner,
  platform: 'linux_amd64',
  settings: { baseUrls: { [name]: baseUrl } },
  dispatcher,
  clock: systemClock,
  logger: silentLogger,
})
await cache.recover([])
process.stdout.write('asking\n')
const prepared = await cache.prepare(
  {
    jobId,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of our own command line
    tools: [{ name: name as ToolName, version }],
    lookIn: 'nowhere',
    canMount: true,
  },
  {},
)
process.stdout.write(`${JSON.stringify(prepared)}\n`)
for await (const _ of process.stdin);
await cache.close()
await dispatcher.destroy()

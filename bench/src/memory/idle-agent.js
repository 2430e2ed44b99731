// An agent as users run it: the built packages, no type stripping, no flags of Node.
import { Agent } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

const [url, token, dataDir] = process.argv.slice(2)
const agent = new Agent({
  url,
  token,
  dataDir,
  name: `idle-${process.pid}`,
  executor: new ProcessExecutor({ dataDir }),
})
agent.events.on('agent:ready', () => process.stdout.write('{}\n'))
await agent.run()

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Docker's own command line, as an administrator uses it beside the agent. */
export async function docker(host: string, ...words: readonly string[]): Promise<string> {
  const options = { maxBuffer: 64 * 1024 ** 2 }
  const { stdout } = await run('docker', ['--host', host, ...words], options)
  return stdout.trim()
}

/** Containers and volumes of that workload. */
export async function resourcesOf(host: string, id: string): Promise<readonly string[]> {
  const filter = `label=io.scalr.agent.workload=${id}`
  const lists = await Promise.all([
    docker(host, 'ps', '--all', '--quiet', '--filter', filter),
    docker(host, 'volume', 'ls', '--quiet', '--filter', filter),
  ])
  return lists.flatMap((text) => text.split('\n').filter((line) => line !== ''))
}

import { rm } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'

import { parseArguments, type DemoArguments } from './command-line.ts'
import { fetchOpenTofu, FetchToolError, openTofuVersion } from './fetch-opentofu.ts'
import { findTool, type Tool } from './find-tool.ts'
import { DemoFailedError, runDemo } from './run-demo.ts'
import { terminalScreen, type Screen } from './screen.ts'
import { setUpWorkspace } from './setup-workspace.ts'
import { DemoAgent, startControlPlane } from './start-platform.ts'

const root = resolve(import.meta.dirname, '..')
const searchPath = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'

const screen = terminalScreen(process.stdout)
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    screen.line(`\n${name}: stopping`)
    interrupted.abort(new Error(name))
  })
}

process.exitCode = await main(
  parseArguments(process.argv.slice(2), resolve(root, '../../.demo')),
  screen,
  interrupted.signal,
)

/** @returns the exit code */
async function main(options: DemoArguments, screen: Screen, signal: AbortSignal): Promise<number> {
  try {
    if (options.fresh) await rm(options.dataDir, { recursive: true, force: true })
    const tool = await getTool(options, screen, signal)
    screen.line(`Tool: ${tool.iac}, ${tool.path}. Data: ${options.dataDir}`)
    await demonstrate(options, tool, screen, signal)
    return signal.aborted && !options.keep ? 130 : 0
  } catch (error) {
    if (signal.aborted) return 130
    const isOurs = error instanceof FetchToolError || error instanceof DemoFailedError
    screen.line(isOurs ? error.message : describe(error))
    screen.line('Demo failed.')
    return 1
  }
}

async function getTool(options: DemoArguments, screen: Screen, signal: AbortSignal): Promise<Tool> {
  const found = await findTool(options.iac, searchPath)
  if (found !== undefined) return found
  if (options.iac === 'terraform') {
    throw new FetchToolError(
      'terraform is not in PATH. Install it (https://developer.hashicorp.com/terraform/install), or run the demo with --iac opentofu.',
    )
  }
  const directory = join(options.dataDir, 'tools')
  const kept = await findTool(
    'opentofu',
    [directory, join(directory, `opentofu-${openTofuVersion}`)].join(delimiter),
  )
  if (kept !== undefined) return kept
  try {
    return await fetchOpenTofu({ directory, onProgress: (text) => screen.line(text), signal })
  } catch (error) {
    if (!(error instanceof FetchToolError)) throw error
    throw new FetchToolError(
      `${error.message}\nNeither terraform nor tofu is in PATH, and OpenTofu could not be fetched. Install one of them, or put the tofu binary into ${directory}/tofu, and run the demo again.`,
      { cause: error },
    )
  }
}

async function demonstrate(
  options: DemoArguments,
  tool: Tool,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const { server, client } = await startControlPlane(options.dataDir)
  await using _server = server
  await using _client = client
  screen.line(`Control plane: ${server.url}`)
  const { workspace, poolToken } = await setUpWorkspace(client, {
    accountId: server.accountId,
    iac: tool.iac,
    signal,
  })
  const agent = new DemoAgent({
    url: server.url,
    token: poolToken,
    dataDir: options.dataDir,
    tool,
    path: searchPath,
  })
  try {
    await agent.ready()
    screen.line(`Agent: quickstart, executor ${options.executor}, five slots`)
    const totals = await Promise.race([
      runDemo({
        client,
        workspaceId: workspace.id,
        configuration: join(root, 'configuration'),
        screen,
        signal,
      }),
      agent.stopped.then((): never => {
        throw new DemoFailedError('The agent stopped before the demo was over.')
      }),
    ])
    const { jobs } = agent.statistics
    const summary = `${totals.runs} runs, ${jobs} jobs, ${totals.logBytes} bytes of log, longest time from queued to started ${totals.longestQueuedMs} ms`
    if (options.keep) {
      screen.heading('Everything goes on running; Ctrl-C stops it.')
      screen.line(`URL:   ${server.url}`)
      screen.line(`Token: ${server.ownerToken()}`)
      await untilInterrupted(signal)
    }
    await agent.drain()
    screen.line(`\nDemo finished: ${summary}`)
  } catch (error) {
    await agent.stop()
    throw error
  }
}

function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

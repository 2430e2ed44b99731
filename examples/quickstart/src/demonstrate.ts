import type { ScalrClient } from '@scalr-agent/core'

import type { DemoPlatform } from './demo-platform.ts'
import { endRuns } from './end-runs.ts'
import type { Tool } from './find-tool.ts'
import { DemoFailedError, runDemo } from './run-demo.ts'
import type { Screen } from './screen.ts'
import { setUpWorkspace } from './setup-workspace.ts'
import { DemoAgent, startControlPlane } from './start-platform.ts'

export interface DemonstrateOptions {
  readonly tool: Tool
  readonly platform: DemoPlatform
  readonly dataDir: string
  readonly configuration: string
  readonly keep: boolean
  readonly screen: Screen
  /** Ends the demo, politely. */
  readonly signal: AbortSignal
  /** Ends its patience. */
  readonly force: AbortSignal
}

/** Starts control plane and agent, tells the story, and leaves nothing running. @returns the summary */
export async function demonstrate(options: DemonstrateOptions): Promise<string> {
  const { tool, platform, dataDir, screen, signal, force } = options
  const prepared = await platform.prepare(tool)
  const controlPlane = await startControlPlane(dataDir, platform.network)
  const { server, client } = controlPlane
  await using _server = server
  await using _client = client
  const { workloadUrl } = controlPlane.agent
  screen.line(
    `Control plane: ${server.url}${workloadUrl === undefined ? '' : `, for jobs ${workloadUrl}`}`,
  )
  const accountId = server.accountId
  const set = await setUpWorkspace(client, { accountId, iac: tool.iac, signal })
  const workspaceId = set.workspace.id
  const agent = new DemoAgent(dataDir, {
    ...prepared,
    ...controlPlane.agent,
    token: set.poolToken,
    executor: platform.executor,
  })
  try {
    await agent.ready()
    screen.line(`Agent:         registered, executor ${platform.name}, five slots`)
    await endRuns(client, workspaceId, { screen, force })
    const totals = await Promise.race([
      runDemo({ ...options, client, workspaceId }),
      agent.stopped.then((): never => {
        throw new DemoFailedError('The agent stopped before the demo was over.')
      }),
    ])
    if (options.keep) {
      screen.heading('Everything goes on running. Ctrl-C stops it.')
      screen.line(`URL:   ${server.url}`)
      screen.line(`Token: ${server.ownerToken()}`)
      await untilAborted(signal)
    }
    await agent.drain()
    return `${totals.runs} runs, ${agent.jobs} jobs, ${totals.logBytes} bytes of log, longest time from queued to started ${totals.longestQueuedMs} ms`
  } catch (error) {
    await windDown({ client, workspaceId, agent, screen, force })
    throw error
  }
}

/** No run and no workload stays behind, also where the demo broke off. */
async function windDown(parts: {
  readonly client: ScalrClient
  readonly workspaceId: string
  readonly agent: DemoAgent
  readonly screen: Screen
  readonly force: AbortSignal
}): Promise<void> {
  const { client, workspaceId, agent, screen, force } = parts
  try {
    await Promise.race([endRuns(client, workspaceId, { screen, force }), agent.stopped])
  } catch (error) {
    screen.line(`Could not end the runs: ${error instanceof Error ? error.message : String(error)}`)
  }
  await agent.stop().catch(() => {})
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

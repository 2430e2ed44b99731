import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { Run, ScalrClient } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import type { Tool } from '../find-tool.ts'
import { followRun } from '../follow-run.ts'
import { DemoFailedError } from '../run-demo.ts'
import type { Screen } from '../screen.ts'
import { DemoAgent, startControlPlane } from '../start-platform.ts'

import { PrivateForge } from './private-forge.ts'
import { changedFiles, firstFiles } from './repository-files.ts'
import { runGit } from './run-git.ts'
import { makePools, makeVcsWorkspace } from './setup-vcs-workspace.ts'
import { VcsAgentDaemon } from './vcs-agent-daemon.ts'

export interface DemonstrateVcsOptions {
  readonly tool: Tool
  /** Empty; everything is kept below it. */
  readonly dataDir: string
  /** `PATH` of the jobs. */
  readonly path: string
  readonly screen: Screen
  readonly signal: AbortSignal
}

const repository = 'octo-org/infra'
const pollMs = 100

/** A push to a private git server becomes a run of the control plane, and its status comes back. */
export async function demonstrateVcs(options: DemonstrateVcsOptions): Promise<string> {
  const { tool, dataDir, screen, signal } = options
  await using cleanup = new AsyncDisposableStack()
  const forge = cleanup.use(await PrivateForge.start(join(dataDir, 'forge')))
  screen.line(`Private git:   ${forge.url}, which the VCS agent alone is told, with a token`)
  const { server, client, agent: connection } = await startControlPlane(dataDir, undefined)
  cleanup.use(server)
  cleanup.use(client)
  screen.line(`Control plane: ${server.url}`)

  const { accountId } = server
  const pools = await makePools(client, { accountId, signal })
  const vcsAgent = cleanup.use(
    await VcsAgentDaemon.start({
      directory: join(dataDir, 'vcs-agent'),
      controlPlaneUrl: server.url,
      poolToken: pools.vcsToken,
      forge: { url: forge.url, token: forge.agentToken },
      allowedProjects: ['octo-org/*'],
    }),
  )
  const hookUrl = await vcsAgent.ready({ signal })
  screen.line('VCS agent:     registered and connected, a process of its own; takes webhooks')
  const runAgent = new DemoAgent(dataDir, {
    ...connection,
    token: pools.runToken,
    executor: new ProcessExecutor({ dataDir: join(dataDir, 'agent') }),
    path: options.path,
    tools: { [tool.iac]: tool.path },
  })
  cleanup.defer(() => runAgent.stop())
  await runAgent.ready()
  screen.line('Run agent:     registered, executor process')

  screen.heading('The repository, and a workspace of its folder services/')
  const origin = await forge.createRepository(repository)
  const tree = await makeTree(join(dataDir, 'tree'), origin)
  const first = await push(tree, firstFiles, 'Services of the platform team')
  screen.line(`Pushed ${first.slice(0, 7)} to ${repository}.`)
  const setup = { accountId, pools, iac: tool.iac, repository, path: 'services', signal }
  const workspace = await makeVcsWorkspace(client, setup)
  await untilConfigured(client, workspace.id, { screen, signal })

  screen.heading('A commit is pushed')
  forge.addHook({ url: hookUrl, secret: vcsAgent.hook.secret })
  const commit = await push(tree, changedFiles, 'A second service')
  const answer = await webhookAnswer(forge, signal)
  screen.line(
    `Pushed ${commit.slice(0, 7)}. The git server tells the agent, which answers ${answer}:`,
  )
  screen.line('it has checked the signature and keeps the webhook until the control plane has it.')
  const created = await untilRun(client, workspace.id, { screen, signal })
  screen.line(`${created.id} is queued, of the archive of that commit. Its plan:`)
  const follow = { runId: created.id, screen, signal }
  const plan = await followRun(client, { ...follow, phase: 'plan' })
  screen.line('Applied without a question, as the workspace says. Its apply:')
  const apply = await followRun(client, { ...follow, phase: 'apply' })
  if (apply.run.status !== 'applied') {
    throw new DemoFailedError(
      `The run ${created.id} ended ${apply.run.status}: ${apply.run.errorMessage ?? 'no message'}`,
    )
  }

  screen.heading('What the git server shows beside the commit')
  const last = await forge.statuses.untilFinal(commit, { signal })
  for (const { state, context, description, target_url } of forge.statuses.of(commit)) {
    screen.line(`  ${state.padEnd(8)} ${context}: ${description} ${target_url ?? ''}`.trimEnd())
  }
  if (last.state !== 'success') throw new DemoFailedError(`The last status is ${last.state}.`)
  return `1 push, 1 run, ${forge.statuses.of(commit).length} statuses, ${forge.agentRequests} requests of the agent at the git server, ${plan.logBytes + apply.logBytes} bytes of log`
}

async function makeTree(directory: string, origin: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  await runGit(directory, ['init', '--quiet', '--initial-branch', 'main'])
  await runGit(directory, ['remote', 'add', 'origin', origin])
  return directory
}

/** @returns the commit */
async function push(
  tree: string,
  files: Readonly<Record<string, string>>,
  message: string,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, name)), { recursive: true })
    await writeFile(join(tree, name), content)
  }
  await runGit(tree, ['add', '--all'])
  await runGit(tree, ['commit', '--quiet', '--message', message])
  await runGit(tree, ['push', '--quiet', 'origin', 'main'])
  return await runGit(tree, ['rev-parse', 'HEAD'])
}

interface Waiting {
  readonly screen: Screen
  readonly signal: AbortSignal
}

/** The control plane fetches what the branch holds as soon as a workspace is bound to it. */
async function untilConfigured(
  client: ScalrClient,
  workspaceId: string,
  { screen, signal }: Waiting,
): Promise<void> {
  for (;;) {
    const versions = client.configurationVersions.list({
      filter: { workspace: workspaceId },
      signal,
    })
    for await (const { id, status, errorMessage } of versions) {
      if (status === 'uploaded') {
        screen.line(`The control plane fetched the archive of its folder through the agent: ${id}.`)
        return
      }
      if (status === 'errored') throw new DemoFailedError(`${id}: ${errorMessage ?? 'no message'}`)
    }
    await delay(pollMs, undefined, { signal })
  }
}

async function untilRun(
  client: ScalrClient,
  workspaceId: string,
  { screen, signal }: Waiting,
): Promise<Run> {
  for (;;) {
    const runs = client.runs.list({ filter: { workspace: workspaceId }, signal })
    for await (const run of runs) return run
    screen.progress('Waiting for the run')
    await delay(pollMs, undefined, { signal })
  }
}

/** What the agent answered to the webhook. */
async function webhookAnswer(forge: PrivateForge, signal: AbortSignal): Promise<number> {
  for (;;) {
    const [first] = forge.webhookAnswers
    if (first !== undefined) return first
    await delay(pollMs, undefined, { signal })
  }
}

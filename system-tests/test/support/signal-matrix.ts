import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Run } from '@scalr-agent/core'
import { expect } from 'vitest'

import { oneResource } from './configurations.ts'
import type { Daemon } from './daemon.ts'
import type { Platform } from './platform.ts'
import type { Iac } from './tools.ts'

/** What a person or a stopping agent does to a job that is at work. */
const levels = ['soft', 'hard', 'kill'] as const
const phases = ['plan', 'apply'] as const
type Phase = (typeof phases)[number]

export interface SignalCell {
  readonly phase: Phase
  readonly level: (typeof levels)[number]
}

/** Every phase with every level. */
export const signalCells: readonly SignalCell[] = phases.flatMap((phase) =>
  levels.map((level) => ({ phase, level })),
)

/** Where the jobs of a cell run. */
export interface SignalScene {
  readonly platform: Platform
  readonly iac: Iac
  /** Address of this machine as jobs reach it. */
  readonly address: string
  /** Further files of the configuration. */
  readonly files?: Readonly<Record<string, string>>
  /** A daemon of that name whose jobs run under the executor that is tested. */
  daemon(name: string, env: Readonly<Record<string, string>>): Promise<Daemon>
}

/** Answers after a while, so that a plan that reads it is at work meanwhile. */
class SlowAnswers implements AsyncDisposable {
  readonly #server: Server
  readonly url: string
  readonly #asked = Promise.withResolvers<void>()

  private constructor(server: Server, delayMs: number) {
    this.#server = server
    const { address, port } = server.address() as AddressInfo
    this.url = `http://${address}:${port}/`
    server.on('request', (_request, response) => {
      this.#asked.resolve()
      setTimeout(() => response.end('late'), delayMs).unref()
    })
  }

  static async start(address: string, delayMs: number): Promise<SlowAnswers> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, address, resolve))
    return new SlowAnswers(server, delayMs)
  }

  /** Resolves once somebody waits for the answer. */
  get asked(): Promise<void> {
    return this.#asked.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

/** The tool says so as soon as it was told. */
async function untilInterrupted(platform: Platform, id: string, phase: Phase): Promise<void> {
  const { planId, applyId } = await platform.client.runs.get(id)
  if (phase === 'plan') await platform.untilPlanLog(planId, 'Interrupt received')
  else await platform.untilApplyLog(applyId, 'Interrupt received')
}

async function reportOf(platform: Platform, run: Run, phase: Phase) {
  const { plans, applies } = platform.client
  const { agentReport } =
    phase === 'plan' ? await plans.get(run.planId ?? '') : await applies.get(run.applyId ?? '')
  return agentReport
}

/** Waits for an answer while it plans, or once its first resource is there. */
function waiting(phase: Phase, url: string): Readonly<Record<string, string>> {
  return {
    'main.tf': `
terraform {
  required_providers {
    http = { source = "hashicorp/http" }
  }
}

resource "terraform_data" "quick" {
  input = "quick"
}

data "http" "slow" {
  url        = "${url}"
  ${phase === 'apply' ? 'depends_on = [terraform_data.quick]' : ''}
}

resource "terraform_data" "after" {
  input = data.http.slow.url
}
`,
  }
}

/** Interrupts a job of that phase so; outcome, state and lock must be true, and the next run goes through. */
export async function proveSignalCell(
  scene: SignalScene,
  { phase, level }: SignalCell,
): Promise<void> {
  const { platform, iac } = scene
  const { client } = platform
  await using slow = await SlowAnswers.start(scene.address, 5_000)
  const env = { SCALR_AGENT_WORKER_ON_STOP_ACTION: 'force-shutdown' }
  await using daemon = await scene.daemon('daemon', env)
  await daemon.ready()
  const workspace = await platform.workspace({
    iac,
    autoApply: true,
    files: { ...scene.files, ...waiting(phase, slow.url) },
  })
  const { id } = await client.runs.create({ workspaceId: workspace.id })
  // A run that fails before it asks fails the test at once.
  await Promise.race([slow.asked, platform.untilStatus(id, 'applied')])

  if (level === 'kill') {
    daemon.signal('SIGTERM')
  } else {
    await client.runs.cancel(id)
    if (level === 'hard') {
      await untilInterrupted(platform, id, phase)
      await client.runs.cancel(id, { force: true })
    }
  }

  // An agent that ends its own job failed it; a person who ends it canceled it.
  const ended = await platform.untilStatus(id, level === 'kill' ? 'errored' : 'canceled')
  const log = await platform.logs(ended)
  const interrupts = (log.match(/Interrupt received/gu) ?? []).length
  if (level === 'soft') expect(interrupts).toBe(1)
  if (level === 'kill') expect(ended.errorMessage).toMatch(/agent was told to stop/u)

  const report = await reportOf(platform, ended, phase)
  expect(report).toMatchObject({
    cause: level === 'kill' ? 'agent-stopped' : 'canceled',
    interrupts: { soft: level === 'kill' ? 0 : 1, hard: level === 'hard' ? 1 : 0 },
  })

  const { agentStateLock } = await client.workspaces.get(workspace.id)
  const held = agentStateLock?.id ?? undefined
  if (phase === 'plan' || level === 'soft') expect(held).toBeUndefined()
  // A tool that had no time to unlock leaves its lock, and the run says how to get rid of it.
  if (held !== undefined) expect(ended.errorMessage).toContain(`force-unlock ${held}`)
  if (phase === 'apply' && level === 'soft') {
    const state = await client.workspaces.currentStateVersion(workspace.id)
    const addresses = (state.resources ?? []).map((resource) => resource?.address)
    expect(addresses).toEqual(['terraform_data.quick'])
  }

  // What was interrupted stands in nobody's way.
  if (level === 'kill') await daemon.exited()
  await using next = await scene.daemon('next', env)
  await next.ready()
  if (held !== undefined) await client.workspaces.unlockState(workspace.id, held)
  await platform.upload(workspace.id, { ...scene.files, ...oneResource })
  const again = await client.runs.create({ workspaceId: workspace.id })
  await platform.untilStatus(again.id, 'applied')
  for (const agent of [daemon, next]) {
    agent.signal('SIGTERM')
    await agent.exited()
  }
}

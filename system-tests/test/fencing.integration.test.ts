import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

import { ApiError } from '@scalr-agent/core'
import { problemTypes } from '@scalr-agent/core/protocol'
import { describe, it } from 'vitest'

import { CuttableProxy } from './support/cuttable-proxy.ts'
import { fakeRun, fakeTool, linesOf, recordedEvents, upTo } from './support/fake-tool.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { RecordingControlPlane, type StartedJob } from './support/recording-control-plane.ts'
import { untilText } from './support/until-text.ts'

const leaseMs = 6_000

describe.concurrent('an agent that is cut off for longer than the lease', () => {
  it('I5, I6: its plan is stopped before another agent runs it, and its late calls change nothing', async ({
    expect,
  }) => {
    await using platform = await Platform.start({ leaseMs, heartbeatMs: 500 })
    await using proxy = await CuttableProxy.start(platform.url)
    const { client } = platform
    const tool = await fakeTool(platform.directory)
    const record = join(platform.directory, 'record')
    const controlPlane = new RecordingControlPlane({ url: proxy.url, token: platform.poolToken })
    await using first = await LocalAgent.start(
      platform,
      tool,
      { name: 'first', url: proxy.url },
      { controlPlane },
    )
    const gate = join(platform.directory, 'gate')
    const workspace = await platform.workspace({
      files: fakeRun({ planLines: 5, record, gate }),
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { planId } = await platform.untilStatus(id, 'planning')
    const log = async (): Promise<string> => (await client.plans.output(planId ?? '')) ?? ''
    await untilText(log, 'plan begins')
    await using second = await LocalAgent.start(platform, tool, { name: 'second' })

    proxy.cut('hang')
    await untilText(log, /plan begins.*was lost.*plan begins/su)
    // The first plan had ended when the second began.
    const events = async () => (await recordedEvents(record)).map(({ event }) => event)
    expect(await events()).toEqual(['begin', 'end', 'begin'])
    const before = await everything(platform, id)
    proxy.heal()
    await expect.poll(() => first.ended, { timeout: 60_000 }).toHaveLength(1)
    expect(first.ended[0]).toMatchObject({ result: 'lost', cause: 'lease-lost', phase: 'plan' })
    const refusals = ['append', 'offset', 'upload', 'finish', 'token', 'download'].map((call) => ({
      call,
      status: 409,
      problem: problemTypes.leaseLost,
    }))
    const [late] = controlPlane.started

    // While the other one is at work, and when it is done.
    expect(await lateCalls(late)).toEqual(refusals)
    expect(await everything(platform, id)).toEqual(before)
    await writeFile(gate, '')
    await platform.untilStatus(id, 'planned')
    const after = await everything(platform, id)
    expect(await lateCalls(late)).toEqual(refusals)
    expect(await everything(platform, id)).toEqual(after)

    await expect
      .poll(() => second.ended, { timeout: 60_000 })
      .toMatchObject([{ result: 'succeeded', phase: 'plan' }])
    expect(await events()).toEqual(['begin', 'end', 'begin', 'end'])
    const [lost, whole] = (await log()).split('was lost')
    expect(linesOf('plan', lost)).toEqual([])
    expect(linesOf('plan', whole)).toEqual(upTo(5))
  }, 180_000)

  it('I6: its apply runs on, ends applied once it is back, and nothing else touched the workspace', async ({
    expect,
  }) => {
    await using platform = await Platform.start({ leaseMs, heartbeatMs: 500 })
    await using proxy = await CuttableProxy.start(platform.url)
    const { client } = platform
    const tool = await fakeTool(platform.directory)
    const record = join(platform.directory, 'record')
    await using first = await LocalAgent.start(platform, tool, { name: 'first', url: proxy.url })
    const interrupts: string[] = []
    first.agent.events.on('job:cancel', ({ level }) => interrupts.push(level))
    const workspace = await platform.workspace({
      files: fakeRun({ applyLines: 110, lineMs: 100, record }),
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { applyId } = await platform.untilStatus(id, 'applying')
    await platform.untilApplyLog(applyId, 'apply line 2')
    await using _second = await LocalAgent.start(platform, tool, { name: 'second' })
    await platform.upload(workspace.id, fakeRun({ record }))
    const next = await client.runs.create({ workspaceId: workspace.id })

    proxy.cut('refuse')
    await delay(leaseMs + 2_000)
    expect((await client.runs.get(id)).status).toBe('applying')
    expect((await client.runs.get(next.id)).status).toBe('pending')
    proxy.heal()

    await platform.untilStatus(id, 'applied')
    expect(linesOf('apply', await client.applies.output(applyId ?? ''))).toEqual(upTo(110))
    expect(interrupts).toEqual([])
    await platform.untilStatus(next.id, 'applied')
    const runs = (await recordedEvents(record)).map(({ runId }) => runId)
    expect(runs).toEqual([...Array<string>(4).fill(id), ...Array<string>(4).fill(next.id)])
  }, 180_000)

  it('I6, I9: past the grace the run ends errored, a late state write is refused, and the rescued state is kept', async ({
    expect,
  }) => {
    await using platform = await Platform.start({ leaseMs, heartbeatMs: 500, applyGraceMs: 1_000 })
    await using proxy = await CuttableProxy.start(platform.url)
    const { client } = platform
    const tool = await fakeTool(platform.directory)
    const record = join(platform.directory, 'record')
    const erroredState = `${JSON.stringify({ version: 4, serial: 9, lineage: 'rescued' })}\n`
    const controlPlane = new RecordingControlPlane({ url: proxy.url, token: platform.poolToken })
    await using agent = await LocalAgent.start(platform, tool, { url: proxy.url }, { controlPlane })
    const interrupts: string[] = []
    agent.agent.events.on('job:cancel', ({ level }) => interrupts.push(level))
    const workspace = await platform.workspace({
      files: fakeRun({ applyLines: 200, lineMs: 100, record, erroredState }),
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { applyId } = await platform.untilStatus(id, 'applying')
    await platform.untilApplyLog(applyId, 'apply line 2')

    proxy.cut('refuse')
    const errored = await platform.untilStatus(id, 'errored')
    expect(errored.errorMessage).toContain('last heard of')
    expect(errored.errorMessage).toContain('rescued')
    // The tool was asked to stop before the control plane gave the apply up.
    expect(interrupts).toEqual(['soft'])
    await expect
      .poll(async () => (await recordedEvents(record)).at(-1))
      .toMatchObject({ event: 'end', phase: 'apply' })
    const before = await everything(platform, id)
    proxy.heal()
    await expect.poll(() => agent.ended, { timeout: 60_000 }).toHaveLength(2)

    expect(agent.ended[1]).toMatchObject({ result: 'lost', cause: 'lease-lost', phase: 'apply' })
    const { spec } = controlPlane.started.at(-1) ?? {}
    const written = await fetch(new URL(spec?.statePath ?? '', platform.url), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`run:${spec?.runToken}`)}` },
      body: erroredState,
    })
    expect(written.status).toBe(403)
    expect(await everything(platform, id)).toEqual(before)
    const rescued = join(agent.dataDir, 'rescued', id)
    const [file] = await readdir(rescued)
    expect(await readFile(join(rescued, file ?? ''), 'utf8')).toBe(erroredState)
  }, 180_000)
})

/** Every call that the loser could still make, by its own token and its own way. */
async function lateCalls(late: StartedJob | undefined): Promise<readonly unknown[]> {
  if (late === undefined) throw new Error('The agent was never given a job')
  const { job, spec } = late
  const text = Buffer.from('too late')
  const digest = 'sha-256=:e1ezvyNBDpI3evsyqxHbHUuGLGR+x+0D4BTPLyPdnbk=:'
  const calls = {
    append: () => job.appendLog(0, text),
    offset: () => job.logOffset(),
    upload: async () => {
      const open = () => Readable.from([text])
      await job.upload('plan.bin', { bytes: text.length, digest, open })
    },
    finish: () =>
      job.finish({
        result: 'succeeded',
        exitCode: 0,
        stages: [],
        hasChanges: false,
        log: { bytes: 0, digest, missingBytes: 0 },
        files: [],
        interrupts: { soft: 0, hard: 0, kill: 0 },
      }),
    token: () => job.refreshToken(),
    download: () => job.download('configuration.tar.gz', spec.files[0] ?? { bytes: 0, digest }),
  }
  const results: unknown[] = []
  for (const [call, make] of Object.entries(calls)) {
    results.push(
      await make().then(
        () => ({ call, status: 'taken' }),
        (error: unknown) =>
          error instanceof ApiError
            ? { call, status: error.status, problem: error.problemType }
            : { call, error },
      ),
    )
  }
  return results
}

/** What a stale call must not change. */
async function everything(platform: Platform, runId: string): Promise<unknown> {
  const { client } = platform
  const run = await client.runs.get(runId)
  const plan = run.planId === null ? undefined : await client.plans.get(run.planId)
  const apply = run.applyId === null ? undefined : await client.applies.get(run.applyId)
  const logs = await platform.logs(run)
  const files = await readdir(platform.controlPlaneDirectory, { recursive: true })
  return { run, plan, apply, logs, files: files.filter((name) => !name.includes('.db')).toSorted() }
}

import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Daemon } from './support/daemon.ts'
import { fakeRun, fakeTool, linesOf, recordedEvents, upTo } from './support/fake-tool.ts'
import { Platform } from './support/platform.ts'
import type { Tool } from './support/tools.ts'

const crashingAgent = new URL('support/crashing-agent.ts', import.meta.url).pathname
const lines = 12

/**
 * Each row is one run: its agent dies at the first edge of the plan, the next agent adopts and dies at the
 * second one, and so on; the last one lives. Edges are named as `crashing-agent.ts` says.
 */
const rows: readonly (readonly string[])[] = [
  ['plan session.acquire:1:after', 'apply session.acquire:1:after'],
  ['plan session.start:1:before', 'apply session.start:1:before'],
  ['plan session.start:1:after', 'apply session.start:1:after'],
  ['plan job.download:1:after', 'apply job.download:2:after'],
  ['plan executor.launch:1:before', 'apply executor.launch:1:before'],
  ['plan executor.launch:1:after', 'apply executor.launch:1:after'],
  // While it adopts what it was adopting.
  [
    'plan executor.launch:1:after',
    'plan executor.attach:1:before',
    'plan executor.attach:1:after',
    'apply executor.launch:1:after',
    'apply session.start:1:after',
    'apply workload.wait:1:after',
  ],
  ['plan workload.output:1:before', 'apply workload.output:1:before'],
  ['plan job.appendLog:1:before', 'apply job.appendLog:1:before'],
  ['plan job.appendLog:2:after', 'apply job.appendLog:2:after'],
  ['plan workload.wait:1:after', 'apply workload.wait:1:after'],
  ['plan workload.readFiles:1:before', 'apply workload.readFiles:1:after'],
  ['plan job.upload:1:before', 'apply job.finish:1:before'],
  ['plan job.upload:2:after', 'apply job.finish:1:after'],
  ['plan job.finish:1:before', 'apply workload.destroy:1:before'],
  ['plan job.finish:1:after', 'apply workload.destroy:1:after'],
  ['plan workload.destroy:1:before'],
  ['plan workload.destroy:1:after'],
]

describe('an agent that is killed at any edge of a job', () => {
  let platform: Platform
  let tool: Tool

  beforeAll(async () => {
    platform = await Platform.start({ heartbeatMs: 500 })
    tool = await fakeTool(platform.directory)
  })

  afterAll(async () => {
    await platform[Symbol.asyncDispose]()
  })

  for (const [index, edges] of rows.entries()) {
    it.concurrent(`I1, I7: ${edges.join(', ')}: run once, no byte lost, nothing left`, async () => {
      const { client } = platform
      const name = `edge-${index}`
      const pool = await platform.addPool(name)
      const record = join(platform.directory, `${name}.record`)
      const workspace = await platform.workspace({
        files: fakeRun({ planLines: lines, applyLines: lines, lineMs: 60, record }),
        autoApply: true,
        poolId: pool.id,
      })
      const dataDir = join(platform.directory, name)
      const start = (crashAt?: string): Promise<Daemon> =>
        Daemon.start(
          { directory: platform.directory, url: platform.url, poolToken: pool.token },
          {
            tool,
            name,
            dataDir,
            env: {
              SCALR_AGENT_CONTAINER_TASK_MEM_LIMIT: '64',
              ...(crashAt === undefined ? {} : { CRASH_AT: crashAt }),
            },
            ...(crashAt === undefined ? {} : { module: crashingAgent }),
          },
        )
      const { id } = await client.runs.create({ workspaceId: workspace.id })

      for (const edge of edges) {
        await using crashing = await start(edge)
        expect(await crashing.exited(), crashing.output.slice(-25).join('\n')).toBe('SIGKILL')
      }
      await using last = await start()
      await last.ready()
      const run = await platform.untilStatus(id, 'applied')

      const planLog = await client.plans.output(run.planId ?? '')
      const applyLog = await client.applies.output(run.applyId ?? '')
      expect(linesOf('plan', planLog)).toEqual(upTo(lines))
      expect(linesOf('apply', applyLog)).toEqual(upTo(lines))
      expect(applyLog).toContain('Apply complete! Resources: 1 added')
      const events = (await recordedEvents(record)).map(({ event, phase }) => `${event} ${phase}`)
      expect(events).toEqual(['begin plan', 'end plan', 'begin apply', 'end apply'])

      // A drain ends at once: nothing holds a slot any more.
      last.signal('SIGTERM')
      expect(await last.exited()).toBe(0)
      for (const folder of ['jobs', 'workloads', 'work', 'owners', 'rescued']) {
        const left = await readdir(join(dataDir, folder)).catch(() => [])
        expect(left, folder).toEqual([])
      }
      expect(await processesIn(dataDir)).toEqual([])
    }, 120_000)
  }
})

/** Processes whose working directory lies below `directory`. */
async function processesIn(directory: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    const cwd = /^\d+$/u.test(pid) ? await readlink(`/proc/${pid}/cwd`).catch(() => '') : ''
    if (cwd.startsWith(directory)) found.push(`${pid} in ${cwd}`)
  }
  return found
}

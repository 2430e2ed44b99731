import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ProcessExecutor } from '@scalr-agent/executor-process'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { fakeRun, fakeTool, recordedEvents } from './support/fake-tool.ts'
import { ownPort } from './support/own-port.ts'
import { Platform } from './support/platform.ts'
import { RunningLauncher } from './support/running-launcher.ts'

const program = resolve(import.meta.dirname, 'support/launcher-process.ts')
const agentProgram = resolve(import.meta.dirname, '../../examples/agent/src/main.ts')

/** Tasks as they are posted: three in ten webhooks come twice. */
function webhooks(taskCount: number): number[] {
  const twice = Math.floor((taskCount * 3) / 7)
  return [
    ...Array.from({ length: taskCount }, (_, index) => index),
    ...Array.from({ length: twice }, (_, index) => index * 2),
  ].toSorted((a, b) => Math.sin(a * 7919) - Math.sin(b * 7919))
}

let directory: string
let child: ChildProcess | undefined
let port: number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'serverless-'))
  port = await ownPort()
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

async function start(script: readonly string[]): Promise<void> {
  child = spawn(
    process.execPath,
    ['--conditions=@scalr-agent/source', program, directory, String(port), ...script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout!, 'data')
}

/** As Scalr does: again until a 2xx comes. */
async function post(index: number): Promise<void> {
  const key = `task-${index}`
  for (;;) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': key,
          'x-launch-secret': 'secret-of-the-pool',
        },
        body: JSON.stringify({ task_id: key, action: 'plan' }),
      })
      await answer.arrayBuffer()
      if (answer.ok) return
    } catch {
      // It was killed; the next one answers.
    }
    await delay(50)
  }
}

async function startedProcesses(): Promise<readonly string[]> {
  const text = await readFile(join(directory, 'started'), 'utf8').catch(() => '')
  return text.split('\n').slice(0, -1)
}

/** One name for each workload that ever was, with `.again` for one that was launched after its end. */
async function startedFiles(): Promise<readonly string[]> {
  const names = await readdir(join(directory, 'workloads')).catch(() => [])
  return names.map((name) => name.replace(/\.removed$/u, ''))
}

it.each([
  ['1,000', 700, startedFiles, []],
  // Each agent writes one line when it starts: the kernel keeps appends of this size whole.
  ['40 real', 28, startedProcesses, ['echo "${PWD##*/}" >>../../../started']],
])(
  '%s webhooks, three in ten of them twice, and a kill -9 in the middle: each task is launched exactly once',
  async (_, taskCount, started, script) => {
    await start(script)
    const waiting = webhooks(taskCount)
    const senders = Array.from({ length: 10 }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await post(next)
    })
    while ((await started()).length < taskCount / 4) await delay(5)
    child?.kill('SIGKILL')
    await start(script)
    await Promise.all(senders)
    const tasks = join(directory, 'launcher/tasks')
    const isEnded = async (): Promise<boolean> => {
      const names = (await readdir(tasks)).filter((name) => name.endsWith('.json'))
      const records = await Promise.all(names.map((name) => readFile(join(tasks, name), 'utf8')))
      return records.filter((text) => text.includes('"state":"ended"')).length === taskCount
    }
    // Until nothing more can be started.
    while (!(await isEnded())) await delay(50)
    const names = await started()
    expect(new Set(names).size).toBe(taskCount)
    expect(names).toHaveLength(taskCount)
    // Of each the first attempt, and none after its end.
    expect(names.filter((name) => !/^task-[0-9a-f]{32}-1$/u.test(name))).toEqual([])
  },
  120_000,
)

it('a run of a serverless pool is planned and applied, each by an agent in single mode as a process', async () => {
  await using platform = await Platform.start({ webhookRetryMs: 50, reaperEveryMs: 50 })
  const tool = await fakeTool(platform.directory)
  const record = join(platform.directory, 'record')
  await using running = await RunningLauncher.start(platform, {
    executor: new ProcessExecutor({ dataDir: join(platform.directory, 'processes') }),
    launch: {
      argv: [process.execPath, '--conditions=@scalr-agent/source', agentProgram],
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        SCALR_AGENT_TERRAFORM_PATH: tool.path,
      },
    },
  })
  const { id } = await platform.workspace({
    files: fakeRun({ planLines: 1, applyLines: 1, record }),
    autoApply: true,
  })
  const run = await platform.client.runs.create({ workspaceId: id })
  await platform.untilStatus(run.id, 'applied')
  await expect
    .poll(() => running.launcher.status().counts.ended, { timeout: 60_000 })
    .toEqual({ exited: 2 })
  expect(running.launcher.tasks()).toMatchObject([
    { request: { action: 'plan', runId: run.id }, outcome: { exitCode: 0 } },
    { request: { action: 'apply', runId: run.id }, outcome: { exitCode: 0 } },
  ])
  expect((await recordedEvents(record)).map(({ event, phase }) => `${event} ${phase}`)).toEqual([
    'begin plan',
    'end plan',
    'begin apply',
    'end apply',
  ])
  // Each had a name and a place of its own; of those that ended well nothing is left.
  await expect
    .poll(async () => await readdir(join(platform.directory, 'launcher/agents')))
    .toEqual([])
  for await (const { status } of platform.client.agents.list()) expect(status).not.toBe('idle')
})

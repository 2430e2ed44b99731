import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { afterEach, beforeEach, expect, it } from 'vitest'

const program = resolve(import.meta.dirname, 'support/launcher-process.ts')
const taskCount = 700
/** Of 1,000 webhooks, three in ten come twice. */
const webhooks = [
  ...Array.from({ length: taskCount }, (_, index) => index),
  ...Array.from({ length: 300 }, (_, index) => index * 2),
].toSorted((a, b) => Math.sin(a * 7919) - Math.sin(b * 7919))

let directory: string
let child: ChildProcess | undefined
let port: number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'serverless-'))
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on a port
  port = (server.address() as AddressInfo).port
  server.close()
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

async function start(): Promise<void> {
  // Each agent writes one line when it starts: the kernel keeps appends of this size whole.
  const script = `echo "\${PWD##*/}" >>${directory}/started`
  child = spawn(
    process.execPath,
    ['--conditions=@scalr-agent/source', program, directory, String(port), script],
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

async function startedLines(): Promise<readonly string[]> {
  const text = await readFile(join(directory, 'started'), 'utf8').catch(() => '')
  return text.split('\n').slice(0, -1)
}

it('1,000 webhooks, three in ten of them twice, and a kill -9 in the middle: each task is launched exactly once', async () => {
  await start()
  const waiting = [...webhooks]
  const senders = Array.from({ length: 10 }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await post(next)
  })
  while ((await startedLines()).length < 100) await delay(20)
  child?.kill('SIGKILL')
  await start()
  await Promise.all(senders)
  while ((await startedLines()).length < taskCount) await delay(50)
  // None more comes after the last.
  await delay(500)
  const lines = await startedLines()
  expect(new Set(lines).size).toBe(taskCount)
  expect(lines).toHaveLength(taskCount)
  const status = await fetch(`http://127.0.0.1:${port}/status`, {
    headers: { 'x-launch-secret': 'secret-of-the-pool' },
  })
  expect(await status.json()).toMatchObject({ queued: 0 })
  expect(await readdir(join(directory, 'launcher/tasks'))).toHaveLength(taskCount * 2)
}, 120_000)

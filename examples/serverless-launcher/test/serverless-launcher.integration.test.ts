import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = new URL('../src/main.ts', import.meta.url).pathname
const secret = 'canary-of-the-webhook'
const statusToken = 'canary-of-the-status'

let directory: string
const running: ChildProcess[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'launcher-'))
})
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

interface Daemon {
  readonly url: string
  readonly status: string
  readonly child: ChildProcess
  readonly output: string[]
}

function launch(env: Readonly<Record<string, string>>): { child: ChildProcess; output: string[] } {
  const child = spawn(process.execPath, ['--conditions=@scalr-agent/source', main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      SCALR_URL: 'https://acme.scalr.io',
      SCALR_AGENT_TOKEN: 'canary-of-the-pool',
      LAUNCHER_EXECUTOR: 'process',
      LAUNCHER_DATA_DIR: join(directory, 'data'),
      LAUNCHER_LISTEN: '127.0.0.1:0',
      LAUNCHER_STATUS_LISTEN: '127.0.0.1:0',
      LAUNCHER_STATUS_TOKEN: statusToken,
      LAUNCHER_SECRET: secret,
      ...env,
    },
  })
  running.push(child)
  const output: string[] = []
  createInterface(child.stderr).on('line', (line) => output.push(line))
  createInterface(child.stdout).on('line', (line) => output.push(line))
  return { child, output }
}

/** Resolves when it listens. The agent of a task is this script. */
async function start(script: string, env: Readonly<Record<string, string>> = {}): Promise<Daemon> {
  const argv = JSON.stringify(['/bin/sh', '-c', script])
  const { child, output } = launch({ LAUNCHER_ARGV: argv, ...env })
  const listening = (): { url: string; status: string } | undefined => {
    const line = output.find((each) => each.includes('Listening for webhooks'))
    return line === undefined ? undefined : JSON.parse(line)
  }
  await expect.poll(listening, { timeout: 20_000, interval: 20 }).toBeDefined()
  return { child, output, url: '', status: '', ...listening() }
}

async function post(
  daemon: Daemon,
  task: string,
  more: { readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<number> {
  const answer = await fetch(`${daemon.url}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': task,
      'x-launch-secret': secret,
      ...more.headers,
    },
    body: more.body ?? JSON.stringify({ task_id: task, action: 'plan', run_id: 'run-1' }),
  })
  expect(await answer.text()).not.toContain('canary')
  return answer.status
}

interface Status {
  readonly state: string
  readonly tasks: readonly { readonly key: string; readonly state: string; readonly log: string }[]
}

async function statusOf(daemon: Daemon): Promise<Status> {
  const headers = { authorization: `Bearer ${statusToken}` }
  const text = await (await fetch(`${daemon.status}/status`, { headers })).text()
  expect(text).not.toContain('canary')
  return JSON.parse(text)
}

const states = async (daemon: Daemon) =>
  (await statusOf(daemon)).tasks.map(({ key, state }) => `${key} ${state}`)

describe('the launcher as a daemon', () => {
  it('refuses what is no webhook of Scalr, takes what is odd, and launches each task once', async () => {
    const daemon = await start('env | sort', {
      LAUNCHER_ACTIONS: '{"broken": {"argv": ["/nonexistent/scalr-agent", "run"]}}',
    })
    for (const [more, status] of [
      [{ headers: { 'x-launch-secret': '' } }, 401],
      [{ headers: { 'x-launch-secret': `${secret}x` } }, 401],
      [{ headers: { 'content-type': 'text/plain' } }, 415],
      [{ body: '{"task_id": ' }, 400],
      [{ body: `{"task_id": "x", "padding": "${'x'.repeat(70_000)}"}` }, 413],
    ] as const) {
      expect(await post(daemon, 'refused', more)).toBe(status)
    }
    expect(await states(daemon)).toEqual([])
    const odd = { task_id: 'task-1', action: 'dance', created_at: '1970-01-01T00:00:00Z' }
    expect(await post(daemon, 'task-1', { body: JSON.stringify(odd) })).toBe(202)
    expect(await post(daemon, 'task-1')).toBe(200)
    await expect.poll(() => states(daemon)).toEqual(['task-1 ended'])
    expect(daemon.output.join('\n')).toContain('An action that is not known')

    // The agent is told what Scalr documents, under new names and old ones.
    const log = await readFile((await statusOf(daemon)).tasks[0]?.log ?? '', 'utf8')
    for (const line of [
      'SCALR_URL=https://acme.scalr.io',
      'SCALR_AGENT_SINGLE=true',
      'SCALR_SINGLE=true',
      'SCALR_AGENT_DRIVER=local',
      'SCALR_DRIVER=local',
    ]) {
      expect(log.split('\n')).toContain(line)
    }
    expect(log).toMatch(/^SCALR_AGENT_TOKEN=\*+$/mu)
    expect(log).toMatch(/^SCALR_TOKEN=\*+$/mu)

    const broken = { task_id: 'task-2', action: 'broken' }
    expect(await post(daemon, 'task-2', { body: JSON.stringify(broken) })).toBe(202)
    await expect.poll(() => states(daemon)).toEqual(['task-1 ended', 'task-2 ended'])
    const [, task] = (await statusOf(daemon)).tasks
    expect(task).toMatchObject({ outcome: { kind: 'exited', exitCode: 127 } })
    expect(await readFile(task?.log ?? '', 'utf8')).toContain('/nonexistent/scalr-agent')

    const headers = { authorization: `Bearer ${statusToken}` }
    const metrics = await (await fetch(`${daemon.status}/metrics`, { headers })).text()
    expect(metrics).toContain('scalr_agent_launcher_tasks_accepted_total 2')
    expect((await fetch(`${daemon.status}/status`)).status).toBe(401)
    expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200)
    expect(daemon.output.join('\n')).not.toContain('canary')
    for (const name of await readdir(join(directory, 'data/tasks'))) {
      expect(await readFile(join(directory, 'data/tasks', name), 'utf8')).not.toContain('canary')
    }
  })

  it('drains on SIGTERM: what runs goes on and is taken over, what waits is kept', async () => {
    const gate = join(directory, 'gate')
    const script = `until [ -e ${gate} ]; do sleep 0.1; done; echo opened`
    const settings = { LAUNCHER_CONCURRENCY: '1', LAUNCHER_DRAIN_TIMEOUT: '0' }
    const first = await start(script, settings)
    await post(first, 'task-1')
    await expect.poll(() => states(first)).toEqual(['task-1 running'])
    await post(first, 'task-2')
    first.child.kill('SIGTERM')
    expect(await once(first.child, 'exit')).toEqual([0, null])

    const second = await start(script, settings)
    expect(await states(second)).toEqual(['task-1 running', 'task-2 queued'])
    execFileSync('touch', [gate])
    await expect.poll(() => states(second)).toEqual(['task-1 ended', 'task-2 ended'])
    const [task] = (await statusOf(second)).tasks
    expect(await readFile(task?.log ?? '', 'utf8')).toBe('opened\n')
  })

  it('with a CA of callers takes those with a certificate alone', async () => {
    // One certificate that is server, CA and caller.
    const words =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=webhooks -addext subjectAltName=DNS:localhost'
    execFileSync('openssl', words.split(' '), { cwd: directory, stdio: 'pipe' })
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const daemon = await start('true', {
      LAUNCHER_SECRET: '',
      LAUNCHER_TLS_CERT: cert,
      LAUNCHER_TLS_KEY: key,
      LAUNCHER_CLIENT_CA: cert,
      LAUNCHER_CLIENT_NAMES: 'webhooks',
    })
    const pem = await readFile(cert)
    const postTls = async (identity: object): Promise<number | undefined> =>
      await new Promise((resolve) => {
        const headers = { 'content-type': 'application/json' }
        const { port } = new URL(daemon.url)
        const options = { host: 'localhost', port, method: 'POST', headers, ca: pem, agent: false }
        request({ ...options, ...identity }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
          .on('error', () => resolve(undefined))
          .end('{"task_id":"task-1"}')
      })
    expect(await postTls({})).toBeUndefined()
    expect(await postTls({ cert: pem, key: await readFile(key) })).toBe(202)
  })

  it('without its engine says in a line what to do, and exits', async () => {
    const host = 'unix:///nonexistent.sock'
    const { child, output } = launch({ LAUNCHER_EXECUTOR: 'docker', DOCKER_HOST: host })
    const [code] = await once(child, 'close')
    expect([1, 2]).toContain(code)
    expect(output.join('\n')).toMatch(/nonexistent\.sock/u)
    expect(output.join('\n')).not.toContain('canary')
  })
})

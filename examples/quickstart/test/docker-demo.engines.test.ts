import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { demoApiKey } from '../src/setup-workspace.ts'
import { Demo, leftovers } from './support/demo.ts'

const run = promisify(execFile)
const host = process.env['TEST_DOCKER_HOST'] ?? process.env['DOCKER_HOST']

if (host === undefined) console.warn('Skipped: no Docker engine. Set TEST_DOCKER_HOST.')

describe.skipIf(host === undefined)('the demo in containers', () => {
  let dataDir: string
  let before: string

  beforeEach(async () => {
    before = await inEngine()
    dataDir = await mkdtemp(join(tmpdir(), 'quickstart-docker-'))
  })
  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true })
  })

  const demo = (env: Readonly<Record<string, string>> = {}): Demo =>
    new Demo(['--executor', 'docker', '--data-dir', dataDir], { DOCKER_HOST: host ?? '', ...env })

  /** Containers and volumes of jobs. */
  const inEngine = async (): Promise<string> => {
    const docker = async (...words: string[]): Promise<string> =>
      (await run('docker', ['--host', host ?? '', ...words])).stdout
    const label = 'label=io.scalr.agent.workload'
    return `${await docker('ps', '--all', '--quiet', '--filter', label)}${await docker('volume', 'ls', '--quiet')}`
  }

  it('reaches the control plane over TLS on the bridge, and leaves nothing in the engine', async () => {
    await using whole = demo()
    const code = await whole.exited()
    expect(whole.output).toMatch(
      /Control plane: https:\/\/127\.0\.0\.1:\d+, for jobs https:\/\/host\.docker\.internal:\d+/u,
    )
    expect(whole.output).toContain('Agent:         registered, executor docker')
    expect(whole.lastLine).toMatch(/^Demo finished: 4 runs, 7 jobs/u)
    expect(code).toBe(0)
    expect(whole.output).not.toContain(demoApiKey)
    expect(await leftovers(dataDir)).toEqual([])
    expect(await inEngine()).toBe(before)
  })

  it('interrupted while it applies, leaves nothing in the engine', async () => {
    await using broken = demo()
    await broken.said(/deploying, step 1 of 3/u)
    broken.signal('SIGINT', 'group')
    expect(await broken.exited()).toBe(130)
    expect(broken.lastLine).toBe('Stopped. Nothing was left running.')
    expect(await inEngine()).toBe(before)
  })

  it('does not start an engine of its own where the one that was named does not answer', async () => {
    await using lost = demo({ DOCKER_HOST: `unix://${dataDir}/no.sock` })
    expect(await lost.exited()).toBe(1)
    expect(lost.output).toContain(
      `unix://${dataDir}/no.sock (given as host): there is no such socket.`,
    )
    expect(lost.lastLine).toBe('Demo failed.')
    expect(existsSync(join(dataDir, 'control-plane'))).toBe(false)
  })
})

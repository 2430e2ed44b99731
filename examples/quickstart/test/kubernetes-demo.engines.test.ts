import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { demoApiKey } from '../src/setup-workspace.ts'
import { Demo, leftovers } from './support/demo.ts'

const run = promisify(execFile)
const cluster = process.env['TEST_KUBECONFIG'] ?? process.env['KUBECONFIG']
const kubectlProgram = join(
  process.env['SCALR_SDK_ENGINES_DIR'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scalr-agent-sdk/engines'),
  'bin/kubectl',
)

if (cluster === undefined) console.warn('Skipped: no Kubernetes cluster. Set TEST_KUBECONFIG.')

describe.skipIf(cluster === undefined)('the demo in pods', () => {
  const namespace = `sa-demo-${process.pid}`
  let directory: string
  let kubeconfig: string
  let dataDir: string

  const kubectl = async (...words: string[]): Promise<string> => {
    const program = existsSync(kubectlProgram) ? kubectlProgram : 'kubectl'
    return (await run(program, ['--kubeconfig', kubeconfig, ...words])).stdout.trim()
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quickstart-kubernetes-'))
    kubeconfig = join(directory, 'kubeconfig')
    await copyFile(cluster ?? '', kubeconfig)
    await kubectl('create', 'namespace', namespace)
    await kubectl('config', 'set-context', '--current', '--namespace', namespace)
  })
  afterAll(async () => {
    await kubectl('delete', 'namespace', namespace, '--wait=false')
    await rm(directory, { recursive: true, force: true })
  })
  beforeEach(async () => {
    dataDir = await mkdtemp(join(directory, 'data-'))
  })
  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true })
  })

  const demo = (config = kubeconfig): Demo =>
    new Demo(['--executor', 'kubernetes', '--data-dir', dataDir], { KUBECONFIG: config })

  /** Names of what jobs left, whatever it is. */
  const inCluster = async (): Promise<string> =>
    await kubectl('get', 'jobs,pods,poddisruptionbudgets,networkpolicies', '--output=name')

  it('reaches the control plane over TLS from pods, and leaves nothing in the cluster', async () => {
    await using whole = demo()
    const code = await whole.exited()
    expect(whole.output).toMatch(
      /Control plane: https:\/\/127\.0\.0\.1:\d+, for jobs https:\/\/(?!127\.)[\d.]+:\d+/u,
    )
    expect(whole.output).toContain('Agent:         registered, executor kubernetes')
    expect(whole.lastLine).toMatch(/^Demo finished: 4 runs, 7 jobs/u)
    expect(code).toBe(0)
    expect(whole.output).not.toContain(demoApiKey)
    expect(await leftovers(dataDir)).toEqual([])
    // What a kubeJob owns is collected by the cluster, a moment later.
    await expect.poll(inCluster, { timeout: 60_000 }).toBe('')
  })

  it('interrupted while it applies, leaves nothing in the cluster', async () => {
    await using broken = demo()
    await broken.said(/deploying, step 1 of 3/u)
    broken.signal('SIGINT', 'group')
    expect(await broken.exited()).toBe(130)
    expect(broken.lastLine).toBe('Stopped. Nothing was left running.')
    await expect.poll(inCluster, { timeout: 60_000 }).toBe('')
  })

  it('does not start a cluster of its own where the one that was named does not answer', async () => {
    const gone = join(dataDir, 'gone')
    await writeFile(gone, deadKubeconfig)
    await using lost = demo(gone)
    expect(await lost.exited()).toBe(1)
    expect(lost.output).toContain('Cannot use the Kubernetes cluster at https://127.0.0.1:9')
    expect(lost.lastLine).toBe('Demo failed.')
    expect(existsSync(join(dataDir, 'control-plane'))).toBe(false)
  })
})

const deadKubeconfig = `apiVersion: v1
kind: Config
current-context: gone
contexts: [{ name: gone, context: { cluster: gone, user: gone } }]
clusters: [{ name: gone, cluster: { server: 'https://127.0.0.1:9' } }]
users: [{ name: gone, user: { token: none } }]
`

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

import { randomId, type WorkloadSpec } from '@scalr-agent/core'
import { DockerExecutor, engineOptionsFromEnv, probeEngine } from '@scalr-agent/executor-docker'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions, BenchResult } from './bench.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { median, rounded } from './statistics.ts'

const execute = promisify(execFile)
const image = 'local/busybox:1'
const defaultRounds = 15
/** As every real job, it goes on after its first byte: an engine is slow to answer about one that just ended. */
const startScript = 'printf x; sleep 1'
const targetStartRatio = 1.3
const outputBytes = 64 * 1024 ** 2
const outputRounds = 3

/**
 * Containers of the Docker executor beside `docker run` of the same image on the same engine: from the
 * launch to the first byte that can be read, and how fast a lot of output arrives.
 */
export async function runDockerStart(options: BenchOptions): Promise<BenchResult> {
  const engine = engineOptionsFromEnv(process.env)
  const facts = await probeEngine(engine).catch((error: unknown) => String(error))
  if (typeof facts === 'string') return { skipped: facts }
  const docker: Docker = { host: facts.address }
  const hasImage = await execute('docker', ['--host', docker.host, 'image', 'inspect', image]).then(
    () => true,
    () => false,
  )
  if (!hasImage) return { skipped: `the engine has no ${image}: pnpm engines up docker-images` }
  await using executor = await DockerExecutor.connect({ engine })
  return [
    await measureStart(executor, docker, options),
    await measureOutput(executor, docker, options),
  ]
}

interface Docker {
  readonly host: string
}

async function measureStart(
  executor: DockerExecutor,
  docker: Docker,
  options: BenchOptions,
): Promise<BenchFigure> {
  const rounds = options.rounds ?? defaultRounds
  const own: number[] = []
  const bare: number[] = []
  // One more than counts, to warm up both.
  for (let round = 0; round <= rounds; round += 1) {
    const bareMs = (await runBare(docker, startScript)).firstByteMs
    const ownMs = (await runOwn(executor, startScript)).firstByteMs
    options.onProgress(
      `${round === 0 ? 'warm-up' : `start ${round} of ${rounds}`}: docker run ${rounded(bareMs, 0)} ms, executor ${rounded(ownMs, 0)} ms`,
    )
    if (round === 0) continue
    own.push(ownMs)
    bare.push(bareMs)
  }
  const value = rounded(median(own), 0)
  const peer = rounded(median(bare), 0)
  const ratio = rounded(value / peer, 3)
  return {
    bench: 'docker-start',
    figure: `launch to first byte, median of ${rounds}`,
    value,
    unit: 'ms',
    peer,
    ratio,
    target: targetStartRatio,
    targetOf: 'ratio',
    ok: ratio <= targetStartRatio,
  }
}

async function measureOutput(
  executor: DockerExecutor,
  docker: Docker,
  options: BenchOptions,
): Promise<BenchFigure> {
  const script = `printf x; dd if=/dev/zero bs=65536 count=${outputBytes / 65_536} 2>/dev/null | tr '\\0' a`
  const own: number[] = []
  const bare: number[] = []
  for (let round = 1; round <= outputRounds; round += 1) {
    const bareMs = (await runBare(docker, script)).restMs
    const ownMs = (await runOwn(executor, script)).restMs
    own.push(perSecond(ownMs))
    bare.push(perSecond(bareMs))
    options.onProgress(
      `output ${round} of ${outputRounds}: docker run ${rounded(perSecond(bareMs), 0)} MB/s, executor ${rounded(perSecond(ownMs), 0)} MB/s`,
    )
  }
  const value = rounded(median(own), 1)
  const peer = rounded(median(bare), 1)
  return {
    bench: 'docker-start',
    figure: `output of ${outputBytes / 1024 ** 2} MiB, median of ${outputRounds}`,
    value,
    unit: 'MB/s',
    peer,
    ratio: rounded(value / peer, 2),
  }
}

const perSecond = (ms: number): number => outputBytes / 1e6 / (ms / 1000)

interface Times {
  /** From the start to the first byte. */
  readonly firstByteMs: number
  /** From the first byte to the end of the output. */
  readonly restMs: number
}

async function runOwn(executor: DockerExecutor, script: string): Promise<Times> {
  const id = randomId('bench').toLowerCase().replaceAll('_', '-')
  const spec: WorkloadSpec = {
    id,
    agentId: 'agent-bench',
    directory: id,
    image,
    argv: ['/bin/sh', '-c', script],
    env: {},
    secretEnv: {},
    resources: {},
    caches: [],
    labels: {},
    startTimeoutMs: 60_000,
  }
  const started = nowNs()
  const workload = await executor.launch(spec)
  try {
    return await readAll(workload.output(0), started)
  } finally {
    await workload.destroy()
  }
}

async function runBare({ host }: Docker, script: string): Promise<Times> {
  const started = nowNs()
  const child = spawn('docker', ['--host', host, 'run', '--rm', image, '/bin/sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const times = await readAll(child.stdout, started)
  await exited
  return times
}

async function readAll(output: AsyncIterable<unknown>, started: string): Promise<Times> {
  let first: string | undefined
  for await (const _chunk of output) first ??= nowNs()
  if (first === undefined) throw new Error('There was no output.')
  return { firstByteMs: msBetween(started, first), restMs: msBetween(first, nowNs()) }
}

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

import { randomId, type WorkloadSpec } from '@scalr-agent/core'
import { KubernetesExecutor, kubernetesOptionsFromEnv } from '@scalr-agent/executor-k8s'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions, BenchResult } from './bench.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { median, rounded } from './statistics.ts'

const execute = promisify(execFile)
const image = 'local/busybox:1'
const defaultRounds = 9
const targetStartRatio = 1.3
const manyJobs = 50
const mebibyte = 1024 ** 2
/** As every real job, it goes on after its first byte. */
const startScript = 'printf x; sleep 1'
/** Each of many jobs says so much. */
const manyScript = `dd if=/dev/zero bs=65536 count=16 2>/dev/null | tr '\\0' a; sleep 5`

/**
 * Pods of the Kubernetes executor in the cluster of `KUBECONFIG`: from the launch to the first byte that can
 * be read, beside `kubectl create job` and `kubectl logs -f` of the same image; and the memory of this process
 * while fifty jobs run at once, beside what it was with none.
 */
export async function runKubernetesStart(options: BenchOptions): Promise<BenchResult> {
  if ((process.env['KUBECONFIG'] ?? '') === '') {
    return { skipped: 'KUBECONFIG names no cluster: pnpm engines up kubernetes kubernetes-images' }
  }
  const reason = await kubectl('get', 'pods').then(
    () => undefined,
    (error: unknown) => String(error),
  )
  if (reason !== undefined) return { skipped: reason }
  const executor = new KubernetesExecutor({
    ...kubernetesOptionsFromEnv(process.env),
    // Many jobs that mostly wait fit onto one small node.
    requests: { cpus: 0.01, memoryBytes: 16 * mebibyte },
  })
  await using _executor = executor
  return [await measureStart(executor, options), await measureMemory(executor, options)]
}

async function measureStart(
  executor: KubernetesExecutor,
  options: BenchOptions,
): Promise<BenchFigure> {
  const rounds = options.rounds ?? defaultRounds
  const own: number[] = []
  const bare: number[] = []
  // One more than counts, to warm up both.
  for (let round = 0; round <= rounds; round += 1) {
    const bareMs = await runBare()
    const ownMs = await runOwn(executor)
    options.onProgress(
      `${round === 0 ? 'warm-up' : `start ${round} of ${rounds}`}: kubectl ${rounded(bareMs, 0)} ms, executor ${rounded(ownMs, 0)} ms`,
    )
    if (round === 0) continue
    own.push(ownMs)
    bare.push(bareMs)
  }
  const value = rounded(median(own), 0)
  const peer = rounded(median(bare), 0)
  const ratio = rounded(value / peer, 3)
  return {
    bench: 'kubernetes-start',
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

/** Resident memory while all of them run and are followed, at its highest. */
async function measureMemory(
  executor: KubernetesExecutor,
  options: BenchOptions,
): Promise<BenchFigure> {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 50)
  let running = 0
  let together = 0
  try {
    await Promise.all(
      Array.from({ length: manyJobs }, async () => {
        const workload = await executor.launch(specOf(manyScript))
        running += 1
        together = Math.max(together, running)
        try {
          for await (const _chunk of workload.output(0)) continue
        } finally {
          running -= 1
          await workload.destroy()
        }
      }),
    )
  } finally {
    clearInterval(timer)
  }
  options.onProgress(`memory: ${together} of ${manyJobs} jobs ran at once`)
  const value = rounded(most / mebibyte)
  const peer = rounded(before / mebibyte)
  return {
    bench: 'kubernetes-start',
    figure: `resident memory with ${manyJobs} jobs, beside none`,
    value,
    unit: 'MiB',
    peer,
    ratio: rounded(value / peer, 2),
  }
}

function specOf(script: string): WorkloadSpec {
  const id = randomId('bench').toLowerCase().replaceAll('_', '-')
  return {
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
    startTimeoutMs: 300_000,
  }
}

async function runOwn(executor: KubernetesExecutor): Promise<number> {
  const started = nowNs()
  const workload = await executor.launch(specOf(startScript))
  try {
    return await firstByte(workload.output(0), started)
  } finally {
    await workload.destroy()
  }
}

async function runBare(): Promise<number> {
  const name = randomId('bare').toLowerCase().replaceAll('_', '-')
  const started = nowNs()
  await kubectl('create', 'job', name, `--image=${image}`, '--', 'sh', '-c', startScript)
  try {
    // It refuses to follow what has not started, so that it has to be asked again.
    for (;;) {
      const child = spawn('kubectl', ['logs', '--follow', `job/${name}`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const exited = once(child, 'exit')
      const ms = await firstByte(child.stdout, started).catch(() => undefined)
      await exited
      if (ms !== undefined) return ms
    }
  } finally {
    await kubectl('delete', 'job', name)
  }
}

async function kubectl(...words: readonly string[]): Promise<void> {
  await execute('kubectl', words)
}

async function firstByte(output: AsyncIterable<unknown>, started: string): Promise<number> {
  let first: string | undefined
  for await (const _chunk of output) first ??= nowNs()
  if (first === undefined) throw new Error('There was no output.')
  return msBetween(started, first)
}

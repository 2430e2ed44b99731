import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions } from './bench.ts'
import type { JobMoments } from './platform/agent-process.ts'
import { BenchPlatform } from './platform/bench-platform.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { quantile, rounded } from './statistics.ts'

const jobsPerRound = 200
const targetP95Ms = 15
/** Between two jobs: an agent that has room waits in its long-poll. */
const pauseMs = 40

const fakeTool = fileURLToPath(new URL('fake-tool.sh', import.meta.url))

type Moments = JobMoments & { readonly queued: string }

/**
 * From the moment the control plane's engine makes a job until the first byte that its script writes can
 * be read, with a real control plane and a real agent in processes of their own. Beside it, and between the
 * jobs, a bare spawn of a shell that prints one byte.
 */
export async function runDispatch(options: BenchOptions): Promise<readonly BenchFigure[]> {
  await using platform = await BenchPlatform.start({
    tools: { terraform: fakeTool },
    // Small, so that a busy machine's memory does not decide whether the next job is admitted.
    jobMemoryBytes: 64 * 1024 ** 2,
    jobCpus: 1,
  })
  const workspace = await platform.workspace({ 'main.tf': '' })
  const count = jobsPerRound * (options.rounds ?? 1)
  const bare: number[] = []
  const ended: { readonly jobId: string; readonly moments: Partial<JobMoments> }[] = []
  for (let job = 0; job < count; job += 1) {
    if (job % 50 === 0) options.onProgress(`job ${job} of ${count}`)
    bare.push(await bareSpawn())
    await delay(pauseMs)
    await platform.client.runs.create({ workspaceId: workspace.id })
    const end = await platform.agent.next('ended')
    if (end.result !== 'succeeded') throw new Error(`The job ${end.jobId} ended ${end.result}`)
    ended.push(end)
  }
  platform.controlPlane.send({ type: 'queued' })
  const queued = new Map((await platform.controlPlane.next('queued')).jobs)
  const jobs = ended.map(({ jobId, moments }) => complete(jobId, moments, queued.get(jobId)))
  for (const line of breakdown(jobs)) options.onProgress(line)
  const times = jobs.map((job) => msBetween(job.queued, job.firstByte))
  return [0.5, 0.95].map((share) => {
    const value = rounded(quantile(times, share), 2)
    const peer = rounded(quantile(bare, share), 2)
    return {
      bench: 'dispatch',
      figure: `queued to first byte, p${share * 100} of ${count} jobs`,
      value,
      unit: 'ms',
      peer,
      ratio: rounded(value / peer),
      ...(share === 0.95 ? { target: targetP95Ms, ok: value <= targetP95Ms } : {}),
    }
  })
}

/** How long a shell takes from its spawn to its first byte. */
async function bareSpawn(): Promise<number> {
  const started = nowNs()
  const child = spawn('/bin/sh', ['-c', 'printf x'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  await once(child.stdout, 'data')
  const printed = nowNs()
  await exited
  return msBetween(started, printed)
}

function complete(jobId: string, moments: Partial<JobMoments>, queued?: string): Moments {
  const { acquired, launching, launched, firstByte, ended } = moments
  if (
    queued === undefined ||
    acquired === undefined ||
    launching === undefined ||
    launched === undefined ||
    firstByte === undefined ||
    ended === undefined
  ) {
    throw new Error(`A moment of the job ${jobId} was not seen: ${JSON.stringify(moments)}`)
  }
  return { queued, acquired, launching, launched, firstByte, ended }
}

/** Where the time goes, for whoever wants to make it less. */
function breakdown(jobs: readonly Moments[]): readonly string[] {
  const keys = ['queued', 'acquired', 'launching', 'launched', 'firstByte', 'ended'] as const
  return keys.slice(1).map((key, index) => {
    const before = keys[index] ?? 'queued'
    const times = jobs.map((job) => msBetween(job[before], job[key]))
    const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)]
    return `${before} to ${key}: p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`
  })
}

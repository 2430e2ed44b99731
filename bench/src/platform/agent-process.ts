import { Agent, type Executor, type Workload } from '@scalr-agent/core'
import { DockerExecutor } from '@scalr-agent/executor-docker'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import { forkArgument, nowNs } from './forked-process.ts'

/** How the agent's process is started. */
export interface AgentArgument {
  readonly url: string
  readonly token: string
  readonly dataDir: string
  readonly tools: { readonly terraform?: string; readonly opentofu?: string }
  readonly jobMemoryBytes: number
  readonly jobCpus: number
  /** Jobs in containers of that engine, with that image. */
  readonly docker?: { readonly host: string; readonly image: string } | undefined
  readonly workloadUrl?: string | undefined
  readonly caCert?: string | undefined
}

/** Moments of a job's life on the agent's side, on the machine's monotonic clock. */
export interface JobMoments {
  readonly acquired: string
  readonly launching: string
  readonly launched: string
  /** The first byte that the workload wrote could be read. */
  readonly firstByte: string
  /** Its report was accepted. */
  readonly ended: string
}

/** What the agent's process tells. */
export type AgentMessage =
  | { readonly type: 'ready' }
  | {
      readonly type: 'ended'
      readonly jobId: string
      readonly phase: string
      readonly result: string
      readonly moments: Partial<JobMoments>
    }

// oxlint-disable-next-line no-unsafe-type-assertion -- both ends are in this folder
const argument = forkArgument() as AgentArgument
const moments = new Map<string, { -readonly [Key in keyof JobMoments]?: string }>()
const tell = (message: AgentMessage): void => void process.send?.(message)

/** The executor under test, with somebody who reads the first byte the moment it is there. */
function observed(executor: Executor): Executor {
  const launch = async (...given: Parameters<Executor['launch']>): Promise<Workload> => {
    const seen = moments.get(given[0].labels['scalr-agent/job-id'] ?? '') ?? {}
    seen.launching = nowNs()
    const workload = await executor.launch(...given)
    seen.launched = nowNs()
    void readFirstByte(workload).then((at) => {
      seen.firstByte = at
    })
    return workload
  }
  return new Proxy(executor, {
    get: (target, key) => {
      if (key === 'launch') return launch
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function readFirstByte(workload: Workload): Promise<string> {
  for await (const chunk of workload.output(0)) if (chunk.length > 0) break
  return nowNs()
}

const { dataDir, docker, ...options } = argument
const executor =
  docker === undefined
    ? new ProcessExecutor({ dataDir })
    : await DockerExecutor.connect({ engine: { host: docker.host } })
const agent = new Agent({
  ...options,
  dataDir,
  ...(docker === undefined ? {} : { image: docker.image }),
  name: 'bench',
  executor: observed(executor),
  path: process.env['PATH'] ?? '/usr/bin:/bin',
  handleSignals: false,
})
agent.events.on('agent:ready', () => tell({ type: 'ready' }))
agent.events.on('job:acquire', ({ jobId }) => moments.set(jobId, { acquired: nowNs() }))
agent.events.on('job:end', ({ jobId, phase, result }) => {
  const seen = { ...moments.get(jobId), ended: nowNs() }
  moments.delete(jobId)
  tell({ type: 'ended', jobId, phase, result, moments: seen })
})
process.once('disconnect', () => agent.stop('the bench is over'))
await agent.run()

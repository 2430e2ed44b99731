import {
  jobSpecSchema,
  protocolHeaders,
  type FinishJobRequest,
  type JobSpec,
} from '@scalr-agent/core/protocol'

import { AgentClient, type Answer } from './agent-client.ts'
import { report } from './agent-messages.ts'
import { digestOf } from './digest.ts'
import { registerAgent } from './register-agent.ts'
import type { World } from './world.ts'

/** An agent of a pool, which takes jobs and reports what a test says, over real sockets. */
export class RunningAgent {
  readonly client: AgentClient
  readonly #sessionToken: string
  /** What jobs printed so far. */
  readonly #logs = new Map<string, string>()

  private constructor(client: AgentClient, sessionToken: string) {
    this.client = client
    this.#sessionToken = sessionToken
  }

  static async register(world: World, poolId: string): Promise<RunningAgent> {
    const { sessionToken } = await registerAgent(world, poolId)
    return new RunningAgent(new AgentClient(world.controlPlane.url), String(sessionToken))
  }

  /** Takes and starts the next job of the queue. */
  async take(): Promise<JobSpec> {
    const { jobId, fencingToken } = await this.client.take(this.#sessionToken)
    return this.start({ jobId, fencingToken })
  }

  /** Again for a started job: what an agent does that adopts it. */
  async start(job: Pick<JobSpec, 'jobId' | 'fencingToken'>): Promise<JobSpec> {
    const answer = await this.client.call('POST', `/jobs/${job.jobId}/start`, {
      token: this.#sessionToken,
      json: { fencingToken: job.fencingToken },
    })
    return jobSpecSchema.parse(answer.body)
  }

  /** Appends to the job's log. */
  async print(spec: JobSpec, text: string): Promise<void> {
    const before = this.#logs.get(spec.jobId) ?? ''
    expectDone(
      await this.client.call('PATCH', `/jobs/${spec.jobId}/log`, {
        token: spec.jobToken,
        bytes: Buffer.from(text),
        headers: {
          [protocolHeaders.fencingToken]: String(spec.fencingToken),
          [protocolHeaders.uploadOffset]: String(Buffer.byteLength(before)),
        },
      }),
    )
    this.#logs.set(spec.jobId, before + text)
  }

  async download(spec: JobSpec, name: string): Promise<{ bytes: Buffer; headers: Headers }> {
    const response = await fetch(
      `${this.client.url}/api/agent/v1/jobs/${spec.jobId}/files/${name}`,
      {
        headers: {
          authorization: `Bearer ${spec.jobToken}`,
          [protocolHeaders.fencingToken]: String(spec.fencingToken),
        },
      },
    )
    if (response.status !== 200) throw new Error(`${name}: ${response.status}`)
    return { bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers }
  }

  /** Uploads the files and reports. */
  async finish(
    spec: JobSpec,
    values: Partial<FinishJobRequest> = {},
    files: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {},
  ): Promise<void> {
    const named = Object.entries(files).map(([name, bytes]) => ({
      name,
      bytes: bytes.byteLength,
      digest: digestOf(bytes),
    }))
    for (const { name, digest } of named) {
      const bytes = files[name]
      expectDone(
        await this.client.call('PUT', `/jobs/${spec.jobId}/files/${name}`, {
          token: spec.jobToken,
          ...(bytes === undefined ? {} : { bytes }),
          headers: {
            [protocolHeaders.fencingToken]: String(spec.fencingToken),
            [protocolHeaders.reprDigest]: digest,
          },
        }),
      )
    }
    expectDone(
      await this.client.call('POST', `/jobs/${spec.jobId}/finish`, {
        token: spec.jobToken,
        json: report(spec, { files: named, log: this.#logOf(spec), ...values }),
      }),
    )
  }

  #logOf(spec: JobSpec): FinishJobRequest['log'] {
    const log = Buffer.from(this.#logs.get(spec.jobId) ?? '')
    return { bytes: log.byteLength, digest: digestOf(log), missingBytes: 0 }
  }

  /** Plans with changes. */
  async finishPlan(spec: JobSpec, values: Partial<FinishJobRequest> = {}): Promise<void> {
    await this.finish(spec, { hasChanges: true, ...values }, { 'plan.bin': Buffer.from('a plan') })
  }
}

function expectDone(answer: Answer): void {
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`)
}

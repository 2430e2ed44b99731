import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

import type { ControlPlaneJob, ControlPlaneSession } from '../../src/control-plane/index.ts'
import { ApiError, NetworkError } from '../../src/errors/index.ts'
import {
  jobFileNames,
  problemTypes,
  type FinishJobRequest,
  type JobSpec,
  type Phase,
} from '../../src/protocol/index.ts'
import { makeJobSpec, type TestJobSpec } from './job-spec.ts'

/** A call to the control plane. */
export type Call =
  | 'start'
  | 'download'
  | 'appendLog'
  | 'logOffset'
  | 'upload'
  | 'finish'
  | 'refreshToken'

/** A control plane in memory that has one job to give. */
export class SceneControlPlane {
  readonly phase: Phase
  /** What it holds. */
  readonly log: Buffer[] = []
  readonly uploads = new Map<string, Buffer>()
  readonly finished: Omit<FinishJobRequest, 'fencingToken'>[] = []
  readonly calls: Call[] = []
  /** Runs before each call; a throw is its answer. */
  onCall: ((call: Call) => void | Promise<void>) | undefined
  /** What the job asks for, beside what every one does. */
  spec: TestJobSpec = {}
  readonly #archive: Buffer

  constructor(phase: Phase, archive: Buffer) {
    this.phase = phase
    this.#archive = archive
  }

  session(): ControlPlaneSession {
    const unused = (): never => {
      throw new Error('A runner has no business with that')
    }
    return {
      registration: {} as ControlPlaneSession['registration'],
      heartbeat: unused,
      acquire: unused,
      signals: unused,
      disconnect: unused,
      start: async () => {
        await this.#pass('start')
        return { spec: this.#spec(), job: this.#job() }
      },
    }
  }

  #job(): ControlPlaneJob {
    return {
      jobId: 'job-1',
      fencingToken: 1,
      download: async (name) => {
        await this.#pass('download')
        return Readable.from([
          name === jobFileNames.configuration ? this.#archive : Buffer.from('the plan'),
        ])
      },
      upload: async (name, file) => {
        await this.#pass('upload')
        const chunks: Buffer[] = []
        for await (const chunk of file.open()) chunks.push(Buffer.from(chunk as Buffer))
        this.uploads.set(name, Buffer.concat(chunks))
      },
      appendLog: async (offset, bytes) => {
        await this.#pass('appendLog')
        const held = Buffer.concat(this.log).length
        if (offset === held) this.log.push(Buffer.from(bytes))
        return Buffer.concat(this.log).length
      },
      logOffset: async () => {
        await this.#pass('logOffset')
        return Buffer.concat(this.log).length
      },
      finish: async (request) => {
        await this.#pass('finish')
        const log = Buffer.concat(this.log)
        const digest = `sha-256=:${createHash('sha256').update(log).digest('base64')}:`
        if (request.log.bytes !== log.length || request.log.digest !== digest) {
          throw refused(422, problemTypes.digestMismatch)
        }
        this.finished.push(request)
      },
      refreshToken: async () => {
        await this.#pass('refreshToken')
        return { jobTokenExpiresAt: '2099-01-01T00:00:00Z' }
      },
    }
  }

  async #pass(call: Call): Promise<void> {
    this.calls.push(call)
    await this.onCall?.(call)
  }

  #spec(): JobSpec {
    const file = (name: string, content: Buffer) => ({
      name,
      bytes: content.length,
      digest: `sha-256=:${createHash('sha256').update(content).digest('base64')}:`,
    })
    const plan = this.phase === 'apply' ? [file(jobFileNames.plan, Buffer.from('the plan'))] : []
    return makeJobSpec({
      jobId: 'job-1',
      phase: this.phase,
      fencingToken: 1,
      jobTokenExpiresAt: '2099-01-01T00:00:00Z',
      runToken: 'run-token-secret',
      statePath: '/api/agent/v1/state/ws-1',
      ...this.spec,
      run: { id: 'run-1', ...this.spec.run },
      workspace: { id: 'ws-1', name: 'ws', ...this.spec.workspace },
      files: [file(jobFileNames.configuration, this.#archive), ...plan],
    })
  }
}

/** An answer of the control plane that no retry changes. */
export function refused(status: number, problemType: string): ApiError {
  return new ApiError(`Cannot do that: ${status}`, {
    method: 'POST',
    path: '/',
    status,
    problemType,
  })
}

export function leaseLost(): ApiError {
  return refused(409, problemTypes.leaseLost)
}

/** No answer at all. */
export function unreachable(): NetworkError {
  return new NetworkError('Cannot do that: the connection was reset.')
}

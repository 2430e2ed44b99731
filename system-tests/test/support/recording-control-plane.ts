import {
  HttpControlPlane,
  type ControlPlane,
  type ControlPlaneJob,
  type ControlPlaneSession,
} from '@scalr-agent/core'
import type { JobSpec } from '@scalr-agent/core/protocol'

/** A job that an agent was given: its secrets, and its own way to speak about it. */
export interface StartedJob {
  readonly spec: JobSpec
  readonly job: ControlPlaneJob
}

/** The usual control plane over HTTP; keeps what it was told of each job, for calls that come too late. */
export class RecordingControlPlane implements ControlPlane {
  readonly started: StartedJob[] = []
  readonly #inner: HttpControlPlane

  constructor(options: ConstructorParameters<typeof HttpControlPlane>[0]) {
    this.#inner = new HttpControlPlane(options)
  }

  async register(
    ...parameters: Parameters<ControlPlane['register']>
  ): Promise<ControlPlaneSession> {
    const session = await this.#inner.register(...parameters)
    return {
      registration: session.registration,
      heartbeat: (...rest) => session.heartbeat(...rest),
      acquire: (...rest) => session.acquire(...rest),
      signals: (...rest) => session.signals(...rest),
      disconnect: (...rest) => session.disconnect(...rest),
      start: async (...rest) => {
        const started = await session.start(...rest)
        this.started.push(started)
        return started
      },
    }
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }
}

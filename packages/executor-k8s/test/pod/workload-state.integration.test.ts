import type { V1Job } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createKubeClient } from '../../src/calls/create-kube-client.ts'
import { annotationNames } from '../../src/pod/record.ts'
import { readState, type WorkloadState } from '../../src/pod/workload-state.ts'
import { spec } from '../manifest/manifest-parts.ts'
import { answer, failure, type KubeServer } from '../support/kube-server.ts'
import { startScene } from '../support/scene.ts'
import { chosen, kubeJobOf } from './pod-parts.ts'

interface Objects {
  readonly jobs: readonly V1Job[]
  readonly events?: readonly object[] | 'forbidden'
  /** The kubeJob is there in the list, and gone at the next look. */
  readonly isRemoved?: boolean
}

const eventOf = (type: string, reason: string, message: string): object => ({
  metadata: { name: reason },
  involvedObject: { uid: 'uid-1' },
  type,
  reason,
  message,
})

describe('readState', () => {
  let scene: Awaited<ReturnType<typeof startScene>>
  beforeAll(async () => {
    scene = await startScene()
  })
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })
  const look = async (objects: Objects): Promise<WorkloadState> => {
    serve(scene.server, objects)
    const client = createKubeClient(scene.cluster)
    return await readState(client, spec.id, AbortSignal.timeout(10_000))
  }

  it('does not know what is being deleted, nor what only looks alike', async () => {
    const deleted = kubeJobOf()
    Object.assign(deleted.metadata ?? {}, { deletionTimestamp: new Date(5) })
    expect((await look({ jobs: [deleted] })).phase).toBe('absent')
    expect((await look({ jobs: [{ metadata: { name: 'alike' } }] })).phase).toBe('absent')
    expect((await look({ jobs: [] })).phase).toBe('absent')
  })

  it('I2: a pod that is gone is lost, with the events about it', async () => {
    const events = [
      eventOf('Normal', 'Started', 'Started container'),
      eventOf('Warning', 'FailedKillPod', 'no such process'),
    ]
    expect(await look({ jobs: [kubeJobOf(chosen)], events })).toMatchObject({
      phase: 'ended',
      outcome: {
        kind: 'lost',
        evidence: 'Its pod is gone, and nobody saw its end. FailedKillPod: no such process.',
      },
      wasStarted: true,
    })
  })

  it('a pod that is gone after our kill was killed', async () => {
    const kubeJob = kubeJobOf({ ...chosen, [annotationNames.killed]: 'true' })
    expect(await look({ jobs: [kubeJob] })).toMatchObject({
      outcome: { kind: 'signaled', signal: 'SIGKILL' },
    })
  })

  it('is absent where the kubeJob went between two looks', async () => {
    expect((await look({ jobs: [kubeJobOf(chosen)], isRemoved: true })).phase).toBe('absent')
  })

  it('needs no right to read events', async () => {
    expect(await look({ jobs: [kubeJobOf(chosen)], events: 'forbidden' })).toMatchObject({
      outcome: { kind: 'lost' },
    })
  })
})

function serve(server: KubeServer, { events = [], isRemoved = false, jobs }: Objects): void {
  server.handler = ({ path }, response) => {
    const list = (items: readonly object[]): void => answer(response, { metadata: {}, items })
    if (path.endsWith('/jobs')) list(jobs)
    else if (path.startsWith('/apis/batch') && !isRemoved) answer(response, jobs[0])
    else if (path.endsWith('/events') && events !== 'forbidden') list(events)
    else if (path.endsWith('/events')) answer(response, failure(403, 'Forbidden', 'no'), 403)
    else answer(response, failure(404, 'NotFound', 'not found'), 404)
  }
}

import type { V1Job, V1Pod, V1PodStatus } from '@kubernetes/client-node'

import {
  annotationNames,
  annotationsOf,
  labelsOf,
  type WorkloadRecord,
} from '../../src/pod/record.ts'
import { sealDigest } from '../../src/pod/sealed-record.ts'
import { spec } from '../manifest/manifest-parts.ts'

export const record: WorkloadRecord = {
  version: 1,
  id: 'job-1',
  agentId: 'agent-1',
  directory: 'run-1',
  launcher: 'boot.1.2.3.v0x',
  sealDigest: sealDigest('seal-1'),
  memoryBytes: 1000,
  deadlineMs: 5000,
  startTimeoutMs: 60_000,
  outputLimitBytes: 1_000_000,
  labels: {},
}

/** What the kubelet tells of a container that ended, with those last words. */
export interface End {
  readonly exitCode: number
  readonly reason?: string
  readonly message?: string
}

/** A pod whose main container ended so, or still runs. */
export function podOf(end: End | undefined, status: Partial<V1PodStatus> = {}): V1Pod {
  return {
    metadata: { name: 'pod-1', uid: 'uid-1', labels: {} },
    status: {
      phase: end === undefined ? 'Running' : 'Failed',
      containerStatuses: [
        {
          name: 'main',
          image: 'local/busybox:1',
          imageID: '',
          ready: false,
          restartCount: 0,
          state:
            end === undefined
              ? { running: { startedAt: new Date(0) } }
              : { terminated: { ...end } },
        },
      ],
      ...status,
    },
  }
}

/** A kubeJob of ours with more annotations. */
export function kubeJobOf(annotations: Readonly<Record<string, string>> = {}): V1Job {
  return {
    metadata: {
      name: 'kube-job-1',
      uid: 'job-uid-1',
      resourceVersion: '7',
      creationTimestamp: new Date(1000),
      labels: { ...labelsOf(spec) },
      annotations: {
        ...annotationsOf(spec, record),
        ...annotations,
      },
    },
  }
}

/** Annotations of a kubeJob that chose `podOf`'s pod. */
export const chosen = {
  [annotationNames.startedUid]: 'uid-1',
  [annotationNames.startedName]: 'pod-1',
}

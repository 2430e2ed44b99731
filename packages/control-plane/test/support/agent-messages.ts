import type { FinishJobRequest, RegisterRequest } from '@scalr-agent/core/protocol'

import type { JobRef } from '../../src/engine/index.ts'
import { digestOf } from './digest.ts'

/** What an agent says when it registers. */
export function registration(name: string, values: Partial<RegisterRequest> = {}): RegisterRequest {
  return {
    protocolVersions: [1],
    name,
    version: '1.0.0',
    os: 'linux',
    runtime: 'vm',
    driver: 'process',
    cpuPlatform: 'linux_amd64',
    kind: 'run',
    slots: 5,
    instanceId: `instance-of-${name}`,
    found: [],
    ...values,
  }
}

/** A report of success with an empty log. */
export function report(ref: JobRef, values: Partial<FinishJobRequest> = {}): FinishJobRequest {
  return {
    fencingToken: ref.fencingToken,
    result: 'succeeded',
    exitCode: 0,
    stages: [],
    log: { bytes: 0, digest: digestOf(''), missingBytes: 0 },
    files: [],
    interrupts: { soft: 0, hard: 0, kill: 0 },
    ...values,
  }
}

export async function* streamOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

import { randomBytes } from 'node:crypto'

import type { JobAssignment } from '../protocol/index.ts'
import { workloadName } from '../run/index.ts'
import type { BootClock, Clock } from '../runtime/index.ts'
import type { JobRecord } from './job-record.ts'

/** The journal's first entry for a job that was just handed out. */
export function newJobRecord(
  assignment: JobAssignment,
  clocks: { readonly clock: Clock; readonly bootClock: BootClock },
): JobRecord {
  const { jobId, fencingToken, phase, runId, workspaceId, leaseMs } = assignment
  const now = clocks.clock.now().toISOString()
  return {
    version: 1,
    jobId,
    fencingToken,
    phase,
    runId,
    workspaceId,
    workloadId: workloadName(`${jobId}-${fencingToken}`),
    nonce: randomBytes(16).toString('hex'),
    resultFiles: [],
    step: 'accepted',
    state: 'acquired',
    leaseMs,
    applyGraceMs: 0,
    // Replaced by the job's own once it is accepted.
    timeoutMs: 24 * 3_600_000,
    acceptedAt: now,
    lease: {
      bootId: clocks.bootClock.bootId,
      renewedMs: clocks.bootClock.nowMs(),
      renewedAt: now,
    },
    stages: [],
  }
}

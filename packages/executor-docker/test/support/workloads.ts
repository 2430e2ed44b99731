import { randomBytes } from 'node:crypto'

import type { Workload, WorkloadSpec } from '@scalr-agent/core'

/** Has a shell and its tools, nothing else; `pnpm engines up docker-images` loads it. */
const testImage = 'local/busybox:1'
export const testAgentId = `agent-test-${process.pid}`

/** A spec that runs a shell script. */
export function shellSpec(script: string, changes: Partial<WorkloadSpec> = {}): WorkloadSpec {
  const id = `test-${randomBytes(6).toString('hex')}`
  return {
    id,
    agentId: testAgentId,
    directory: id,
    image: testImage,
    argv: ['/bin/sh', '-c', script],
    env: {},
    secretEnv: {},
    resources: {},
    caches: [],
    labels: {},
    startTimeoutMs: 60_000,
    ...changes,
  }
}

export async function readAll(workload: Workload, fromByte = 0): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of workload.output(fromByte)) parts.push(part)
  return Buffer.concat(parts)
}

/** Resolves when that text has been seen in the output, with all output until then. */
export async function until(workload: Workload, text: string): Promise<string> {
  let seen = ''
  for await (const part of workload.output(0)) {
    seen += Buffer.from(part).toString('utf8')
    if (seen.includes(text)) return seen
  }
  throw new Error(`The output ended without ${JSON.stringify(text)}: ${JSON.stringify(seen)}`)
}

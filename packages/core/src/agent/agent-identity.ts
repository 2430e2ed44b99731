import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { ConfigurationError } from '../errors/index.ts'
import { writeFileAtomic } from '../runtime/index.ts'

const identitySchema = z.object({
  /** Proof, towards the control plane, that a restarted agent is the one that held the name. */
  instanceId: z.string().min(8),
  /** Given by the control plane at the last registration; owns our workloads. */
  agentId: z.string().optional(),
})
export type AgentIdentity = z.infer<typeof identitySchema>

/** Reads `agent.json` of the data directory, or makes it. */
export async function loadIdentity(dataDir: string): Promise<AgentIdentity> {
  const path = join(dataDir, 'agent.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      throw unusable(dataDir, error)
    const identity = { instanceId: randomBytes(24).toString('base64url') }
    await saveIdentity(dataDir, identity)
    return identity
  }
  try {
    return identitySchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot read ${path}: it is not what an agent wrote. Remove it to register as a new agent; jobs of the old one are then not adopted.`,
      { code: 'DATA_DIR_UNUSABLE', cause },
    )
  }
}

export async function saveIdentity(dataDir: string, identity: AgentIdentity): Promise<void> {
  try {
    await writeFileAtomic(join(dataDir, 'agent.json'), `${JSON.stringify(identity)}\n`)
  } catch (error) {
    throw unusable(dataDir, error)
  }
}

function unusable(dataDir: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use the data directory ${dataDir}: ${cause instanceof Error ? cause.message : String(cause)}. Make it writable for this user and see that the disk has room.`,
    { code: 'DATA_DIR_UNUSABLE', cause },
  )
}

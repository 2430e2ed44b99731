import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { ConfigurationError, IllegalStateError } from '../errors/index.ts'
import { writeFileAtomic } from '../runtime/index.ts'

const identitySchema = z.object({
  /** Proof, towards the control plane, that a restarted agent is the one that held the name. */
  instanceId: z.string().min(8),
  /** Given by the control plane at the last registration; owns our workloads. */
  agentId: z.string().optional(),
})
type Identity = z.infer<typeof identitySchema>

/** Who this agent is, across restarts: `agent.json` of its data directory. */
export class AgentIdentity {
  readonly #dataDir: string
  #identity: Identity | undefined

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /** Proof that a restarted agent is the one that held the name. */
  get instanceId(): string {
    return this.#opened.instanceId
  }

  /** Given at the last registration, also that of an earlier process; empty before the first. */
  get agentId(): string {
    return this.#identity?.agentId ?? ''
  }

  /** Reads the file, or makes it. @throws {@link ConfigurationError} `DATA_DIR_UNUSABLE` */
  async open(): Promise<void> {
    const path = join(this.#dataDir, 'agent.json')
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        throw unusable(this.#dataDir, error)
      }
      await this.#save({ instanceId: randomBytes(24).toString('base64url') })
      return
    }
    try {
      this.#identity = identitySchema.parse(JSON.parse(text))
    } catch (cause) {
      throw new ConfigurationError(
        `Cannot read ${path}: it is not what an agent wrote. Remove it to register as a new agent; jobs of the old one are then not adopted.`,
        { code: 'DATA_DIR_UNUSABLE', cause },
      )
    }
  }

  async registeredAs(agentId: string): Promise<void> {
    if (this.agentId !== agentId) await this.#save({ instanceId: this.instanceId, agentId })
  }

  get #opened(): Identity {
    if (this.#identity === undefined) throw new IllegalStateError('The agent has no identity yet.')
    return this.#identity
  }

  async #save(identity: Identity): Promise<void> {
    try {
      await writeFileAtomic(join(this.#dataDir, 'agent.json'), `${JSON.stringify(identity)}\n`)
    } catch (error) {
      throw unusable(this.#dataDir, error)
    }
    this.#identity = identity
  }
}

function unusable(dataDir: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use the data directory ${dataDir}: ${cause instanceof Error ? cause.message : String(cause)}. Make it writable for this user and see that the disk has room.`,
    { code: 'DATA_DIR_UNUSABLE', cause },
  )
}

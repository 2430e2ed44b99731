import type { Database } from './database.ts'

export interface AgentRow {
  readonly id: string
  readonly pool_id: string
  readonly name: string
  readonly instance_id: string
  readonly version: string
  readonly os: string
  readonly runtime: string
  readonly driver: string
  readonly cpu_platform: string
  readonly kind: 'run' | 'vcs'
  readonly slots_total: number
  readonly slots_free: number
  readonly reported_status: string
  readonly error_message: string | null
  readonly session_id: string | null
  readonly drain_requested: number
  readonly created_at: string
  readonly last_seen_at: string
}

/** What an agent says of itself when it registers. */
export type AgentFacts = Pick<
  AgentRow,
  'version' | 'os' | 'runtime' | 'driver' | 'cpu_platform' | 'kind' | 'slots_total'
>

export class AgentsRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(id: string): AgentRow | undefined {
    return this.#db.get<AgentRow>('SELECT * FROM agents WHERE id = ?', id)
  }

  byName(poolId: string, name: string): AgentRow | undefined {
    return this.#db.get<AgentRow>(
      'SELECT * FROM agents WHERE pool_id = ? AND name = ?',
      poolId,
      name,
    )
  }

  /** Which kind of agent the pool is for. */
  kindOf(poolId: string): AgentRow['kind'] {
    const pool = this.#db.get<{ vcs_enabled: number }>(
      'SELECT vcs_enabled FROM agent_pools WHERE id = ?',
      poolId,
    )
    return pool?.vcs_enabled === 1 ? 'vcs' : 'run'
  }

  /** Whether agents of the pool come when they are called, each for a task of its own. */
  areCalled(poolId: string): boolean {
    const pool = this.#db.get<{ webhook_enabled: number }>(
      'SELECT webhook_enabled FROM agent_pools WHERE id = ?',
      poolId,
    )
    return pool?.webhook_enabled === 1
  }

  insert(
    agent: Pick<AgentRow, 'id' | 'pool_id' | 'name' | 'instance_id'> & AgentFacts,
    now: string,
  ): void {
    this.#db.run(
      `INSERT INTO agents (id, pool_id, name, instance_id, version, os, runtime, driver, cpu_platform,
         kind, slots_total, slots_free, created_at, last_seen_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      agent.id,
      agent.pool_id,
      agent.name,
      agent.instance_id,
      agent.version,
      agent.os,
      agent.runtime,
      agent.driver,
      agent.cpu_platform,
      agent.kind,
      agent.slots_total,
      agent.slots_total,
      now,
      now,
    )
  }

  /** A new session of the agent; what it said in the last one is forgotten. */
  openSession(id: string, sessionId: string, facts: AgentFacts, now: string): void {
    this.#db.run(
      `UPDATE agents SET session_id = ?, last_seen_at = ?, version = ?, os = ?, runtime = ?, driver = ?,
         cpu_platform = ?, kind = ?, slots_total = ?, slots_free = ?, reported_status = 'idle',
         error_message = NULL, drain_requested = 0 WHERE id = ?`,
      sessionId,
      now,
      facts.version,
      facts.os,
      facts.runtime,
      facts.driver,
      facts.cpu_platform,
      facts.kind,
      facts.slots_total,
      facts.slots_total,
      id,
    )
  }

  closeSession(id: string): void {
    this.#db.run('UPDATE agents SET session_id = NULL, slots_free = 0 WHERE id = ?', id)
  }

  seen(
    id: string,
    said: Pick<AgentRow, 'slots_total' | 'slots_free' | 'reported_status' | 'error_message'>,
    now: string,
  ): void {
    this.#db.run(
      `UPDATE agents SET slots_total = ?, slots_free = ?, reported_status = ?, error_message = ?,
         last_seen_at = ? WHERE id = ?`,
      said.slots_total,
      said.slots_free,
      said.reported_status,
      said.error_message,
      now,
      id,
    )
  }

  remove(id: string): void {
    this.#db.run('DELETE FROM agents WHERE id = ?', id)
  }

  /** Run agents of the pool with a session that were heard of since then. */
  countLive(poolId: string, since: string): number {
    const row = this.#db.get<{ count: number }>(
      `SELECT count(*) AS count FROM agents
       WHERE pool_id = ? AND kind = 'run' AND session_id IS NOT NULL AND last_seen_at >= ?`,
      poolId,
      since,
    )
    return row?.count ?? 0
  }

  notSeenSince(before: string): AgentRow[] {
    return this.#db.all<AgentRow>('SELECT * FROM agents WHERE last_seen_at < ?', before)
  }
}

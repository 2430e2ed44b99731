import { isTerminalRun, runStatuses } from '../engine/index.ts'
import type { Database } from '../store/index.ts'

/** How things stand, as the database has them. */
export interface Figures {
  /** Runs that have not ended, by status. */
  readonly runs: ReadonlyMap<string, number>
  /** By the label of their pool. */
  readonly pools: ReadonlyMap<string, PoolFigures>
  /** Since when the oldest run has waited for its turn or for an agent; ISO 8601. */
  readonly waitingSince: string | undefined
}

export interface PoolFigures {
  readonly agents: Readonly<Record<AgentStatus, number>>
  readonly jobs: Readonly<Record<JobState, number>>
  /** Of the agents that are online. */
  readonly slots: number
  readonly freeSlots: number
  readonly queuedSince: string | undefined
}

export const agentStatuses = ['idle', 'busy', 'errored', 'offline'] as const
export const jobStates = ['queued', 'assigned', 'started'] as const
type AgentStatus = (typeof agentStatuses)[number]
type JobState = (typeof jobStates)[number]

/** Pools that have labels of their own, oldest first: users make pools, and series are dear. */
export const maxLabeledPools = 100
/** What all further pools are counted under. */
export const otherPools = '(other)'
/** Jobs that no pool is responsible for. */
export const noPool = '(none)'

/** Statuses that a run does not stay in for good. */
const liveStatuses = runStatuses.filter((status) => !isTerminalRun(status))

/**
 * Reads the figures, each by an index: what has ended is not looked at, so the cost does not grow with the
 * history.
 */
export function readFigures(db: Database, times: { readonly onlineSince: string }): Figures {
  const labels = poolLabels(db)
  const pools = new Map<string, Mutable>(
    [...new Set(labels.values())].map((label) => [label, emptyPool()]),
  )
  const poolOf = (poolId: string): Mutable => {
    const label = poolId === '' ? noPool : (labels.get(poolId) ?? otherPools)
    const pool = pools.get(label) ?? emptyPool()
    pools.set(label, pool)
    return pool
  }
  for (const row of db.all<AgentsRow>(agentsSql, times.onlineSince)) {
    const pool = poolOf(row.pool_id)
    pool.agents[row.status] += row.count
    pool.slots += row.slots
    pool.freeSlots += row.free
  }
  for (const row of db.all<JobsRow>(jobsSql)) {
    const pool = poolOf(row.pool_id)
    pool.jobs[row.state] += row.count
    if (row.queued_since !== null) {
      pool.queuedSince = earlier(pool.queuedSince, row.queued_since)
    }
  }
  const pending = db.get<{ created_at: string }>(oldestPendingSql)?.created_at
  return {
    runs: runCounts(db),
    pools,
    waitingSince: [...pools.values()].reduce(
      (oldest, { queuedSince }) => earlier(oldest, queuedSince),
      pending,
    ),
  }
}

type Mutable = { -readonly [K in keyof PoolFigures]: PoolFigures[K] } & {
  readonly agents: Record<AgentStatus, number>
  readonly jobs: Record<JobState, number>
}
interface AgentsRow {
  readonly pool_id: string
  readonly status: AgentStatus
  readonly count: number
  readonly slots: number
  readonly free: number
}
interface JobsRow {
  readonly pool_id: string
  readonly state: JobState
  readonly count: number
  readonly queued_since: string | null
}

const list = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ')

const runsSql = `SELECT status, count(*) AS count FROM runs WHERE status IN (${list(liveStatuses)})
  GROUP BY status`

// Rows are as old as their number.
const oldestPendingSql = `SELECT created_at FROM runs WHERE status = 'pending' ORDER BY rowid LIMIT 1`

const jobsSql = `SELECT pool_id, state, count(*) AS count, CASE state WHEN 'queued' THEN
    (SELECT q.queued_at FROM jobs q WHERE q.state = 'queued' AND q.pool_id = j.pool_id ORDER BY q.rowid LIMIT 1)
  END AS queued_since
  FROM jobs j WHERE state IN (${list(jobStates)}) GROUP BY state, pool_id`

/** With statuses as the public API shows them. */
const agentsSql = `WITH
  held AS MATERIALIZED (SELECT agent_id, count(*) AS jobs FROM jobs WHERE state IN ('assigned', 'started')
    GROUP BY agent_id),
  known AS (SELECT pool_id, kind, slots_total, drain_requested, coalesce(held.jobs, 0) AS held,
      CASE WHEN session_id IS NULL OR last_seen_at < ? THEN 'offline'
      WHEN reported_status = 'errored' THEN 'errored' WHEN held.jobs > 0 THEN 'busy' ELSE 'idle' END AS status
    FROM agents a LEFT JOIN held ON held.agent_id = a.id)
  SELECT pool_id, status, count(*) AS count,
    sum(iif(kind = 'run' AND status <> 'offline', slots_total, 0)) AS slots,
    sum(iif(kind = 'run' AND status <> 'offline' AND drain_requested = 0, max(0, slots_total - held), 0)) AS free
  FROM known GROUP BY pool_id, status`

function runCounts(db: Database): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(liveStatuses.map((status) => [status, 0]))
  for (const { status, count } of db.all<{ status: string; count: number }>(runsSql)) {
    counts.set(status, count)
  }
  return counts
}

/** Names, which are the same in all accounts: pools of one name are counted together. */
function poolLabels(db: Database): ReadonlyMap<string, string> {
  const pools = db.all<{ id: string; name: string }>(
    'SELECT id, name FROM agent_pools ORDER BY rowid LIMIT ?',
    maxLabeledPools,
  )
  return new Map(pools.map(({ id, name }) => [id, name]))
}

function emptyPool(): Mutable {
  return {
    agents: { idle: 0, busy: 0, errored: 0, offline: 0 },
    jobs: { queued: 0, assigned: 0, started: 0 },
    slots: 0,
    freeSlots: 0,
    queuedSince: undefined,
  }
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one < other ? one : other
}

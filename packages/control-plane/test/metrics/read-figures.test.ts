import { describe, expect, it } from 'vitest'

import { maxLabeledPools, noPool, otherPools, readFigures } from '../../src/metrics/read-figures.ts'
import type { Database } from '../../src/store/index.ts'
import { EngineFixture } from '../support/engine-fixture.ts'

const times = { onlineSince: '2000-01-01T00:00:00.000Z' }

describe('figures of the database', () => {
  it('labels so many pools and no more: the others are counted together', async () => {
    await using fixture = new EngineFixture()
    const { db, accountId } = fixture
    db.transaction(() => {
      for (let index = 0; index < maxLabeledPools + 20; index += 1) {
        const id = `apool-many-${index}`
        db.run(
          "INSERT INTO agent_pools (id, account_id, name, created_at) VALUES (?, ?, ?, '')",
          id,
          accountId,
          `many ${index}`,
        )
        addAgent(db, id)
      }
    })
    const { pools } = readFigures(db, times)
    expect(pools.size).toBe(maxLabeledPools + 1)
    // One pool was there before.
    expect(pools.get(otherPools)?.agents.idle).toBe(21)
    expect(pools.get('many 0')?.agents.idle).toBe(1)
  })

  it('counts agents that are offline, and jobs that no pool is responsible for', async () => {
    await using fixture = new EngineFixture()
    const { db, poolId } = fixture
    addAgent(db, poolId)
    fixture.createRun()
    db.run("UPDATE jobs SET pool_id = ''")
    const { pools } = readFigures(db, { onlineSince: '2999-01-01T00:00:00.000Z' })
    expect(pools.get('pool')).toMatchObject({ agents: { offline: 1, idle: 0 }, slots: 0 })
    expect(pools.get(noPool)?.jobs).toEqual({ queued: 1, assigned: 0, started: 0 })
  })

  it('looks at nothing that has ended: each statement goes by an index', async () => {
    await using fixture = new EngineFixture()
    const plans: string[] = []
    const { db } = fixture
    const explain = (sql: string, values: readonly never[]): void => {
      const steps = db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
      plans.push(...steps.map(({ detail }) => detail))
    }
    readFigures(
      {
        all: (sql: string, ...values: never[]) => {
          explain(sql, values)
          return db.all(sql, ...values)
        },
        get: (sql: string, ...values: never[]) => {
          explain(sql, values)
          return db.get(sql, ...values)
        },
      } as unknown as Database,
      times,
    )
    const ofHistory = plans.filter((step) => /(?:SCAN|SEARCH) (?:runs|jobs|j|q)\b/u.test(step))
    expect(ofHistory).toHaveLength(5)
    expect(ofHistory.filter((step) => !step.startsWith('SEARCH'))).toEqual([])
  })
})

function addAgent(db: Database, poolId: string): void {
  db.run(
    `INSERT INTO agents (id, pool_id, name, instance_id, version, os, runtime, driver, cpu_platform, kind,
       slots_total, slots_free, session_id, created_at, last_seen_at)
     VALUES (?, ?, 'agent', 'i', '1', 'linux', 'node', 'local', 'x64', 'run', 5, 5, 's', ?, ?)`,
    `agent-${poolId}`,
    poolId,
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00.000Z',
  )
}

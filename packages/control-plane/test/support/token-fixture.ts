import { randomId } from '../../src/runtime/index.ts'
import { Database } from '../../src/store/index.ts'
import { createTokenService, type TokenService } from '../../src/tokens/index.ts'
import { FakeClock } from './fake-clock.ts'

const now = '2026-01-01T00:00:00Z'

interface TokenFixture {
  readonly db: Database
  readonly clock: FakeClock
  readonly tokens: TokenService
}

/** Tokens over a database with one started job. */
export function tokenFixture(): TokenFixture {
  const db = Database.open(':memory:')
  db.run('INSERT INTO accounts (id, name, created_at) VALUES (?, ?, ?)', 'acc-1', 'a', now)
  db.run(
    'INSERT INTO users (id, account_id, email, created_at) VALUES (?, ?, ?, ?)',
    'user-1',
    'acc-1',
    'u@x',
    now,
  )
  db.run(
    'INSERT INTO agent_pools (id, account_id, name, created_at) VALUES (?, ?, ?, ?)',
    'apool-1',
    'acc-1',
    'p',
    now,
  )
  db.run(
    `INSERT INTO service_accounts (id, account_id, name, email, created_at)
     VALUES ('sa-1', 'acc-1', 's', 's@x', ?)`,
    now,
  )
  db.run(
    "INSERT INTO environments (id, account_id, name, created_at) VALUES ('env-1', 'acc-1', 'e', ?)",
    now,
  )
  db.run(
    "INSERT INTO workspaces (id, environment_id, name, created_at) VALUES ('ws-1', 'env-1', 'w', ?)",
    now,
  )
  db.run(
    "INSERT INTO configuration_versions (id, workspace_id, created_at) VALUES ('cv-1', 'ws-1', ?)",
    now,
  )
  db.run(
    `INSERT INTO runs (id, workspace_id, configuration_version_id, sequence, iac_platform, created_at)
     VALUES ('run-1', 'ws-1', 'cv-1', 1, 'terraform', ?)`,
    now,
  )
  db.run("INSERT INTO phases (id, run_id, phase) VALUES ('plan-1', 'run-1', 'plan')")
  db.run(
    `INSERT INTO jobs (id, phase_id, run_id, workspace_id, pool_id, phase, state, fencing_token, queued_at)
     VALUES ('job-1', 'plan-1', 'run-1', 'ws-1', 'apool-1', 'plan', 'started', 3, ?)`,
    now,
  )
  const clock = new FakeClock()
  const tokens = createTokenService({ db, issuer: () => 'https://cp.test', clock, ids: randomId })
  return { db, clock, tokens }
}

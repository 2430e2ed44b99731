import { readFile, readdir } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { describe, expect, it } from 'vitest'

import { ApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { makeWorkspace, startWorld, uploadConfiguration } from '../support/world.ts'

/** The only columns that may hold a secret. */
const secretColumns = new Set([
  'variables.value',
  'run_variables.value',
  'job_specs.spec_json',
  'agent_pools.webhook_headers_json',
  'signing_keys.secret',
])

/** Every column of every table in which the text occurs. */
function columnsWith(path: string, text: string): string[] {
  const db = new DatabaseSync(path)
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map((row) => String(row['name']))
    return tables.flatMap((table) => {
      const rows = db.prepare(`SELECT * FROM "${table}"`).all()
      const found = new Set<string>()
      for (const row of rows) {
        for (const [column, value] of Object.entries(row)) {
          const content =
            value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)
          if (content.includes(text)) found.add(`${table}.${column}`)
        }
      }
      return [...found]
    })
  } finally {
    db.close()
  }
}

describe('secrets', () => {
  it('I12: planted secrets are in no answer, log, file or column but those that must hold them', async () => {
    const logged: string[] = []
    const log = (fields: unknown, message: string): void => {
      logged.push(
        JSON.stringify(fields, (_key, value: unknown) =>
          value instanceof Error ? `${value.stack} ${String(value.cause)}` : value,
        ) + message,
      )
    }
    const logger = { debug: log, info: log, warn: log, error: log, child: () => logger }
    await using world = await startWorld({ logger })
    const { workspaceId, poolId } = await makeWorkspace(world.api)
    const answers: string[] = []
    const keep = async (answer: Promise<{ text: string }>): Promise<void> => {
      answers.push((await answer).text)
    }

    // Planted: variable, run variable, sensitive output; then each where it is refused.
    const variable = await world.api.create(
      '/vars',
      'vars',
      { key: 'v', value: 'canary-variable', category: 'shell', sensitive: true },
      { workspace: ['workspaces', workspaceId] },
    )
    await uploadConfiguration(world.api, workspaceId)
    // Nobody is there: each call fails, and says why.
    await keep(
      world.api.write('PATCH', `/agent-pools/${poolId}`, 'agent-pools', {
        'webhook-enabled': true,
        'webhook-url': 'http://127.0.0.1:1/tasks',
        'webhook-headers': [{ name: 'x-secret', value: 'canary-header', sensitive: true }],
      }),
    )
    const run = await world.api.create(
      '/runs',
      'runs',
      {
        variables: [
          { key: 'r', value: 'canary-run-variable', category: 'terraform', sensitive: true },
        ],
      },
      { workspace: ['workspaces', workspaceId] },
    )
    await eventually(() => expect(logged.join('\n')).toContain('was not accepted'))
    await keep(world.api.post(`/runs/${run.id}/actions/cancel`))
    const state = Buffer.from(
      JSON.stringify({
        version: 4,
        serial: 1,
        lineage: 'l',
        outputs: { o: { value: 'canary-output', type: 'string', sensitive: true } },
        resources: [
          {
            mode: 'managed',
            type: 't',
            name: 'n',
            instances: [{ attributes: { password: 'canary-attribute' } }],
          },
        ],
      }),
    )
    await keep(
      world.api.write(
        'POST',
        '/state-versions',
        'state-versions',
        {
          state: state.toString('base64'),
          serial: 1,
          md5: createHash('md5').update(state).digest('hex'),
        },
        { workspace: ['workspaces', workspaceId] },
      ),
    )
    const pool = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
    const tokens: string[] = [world.controlPlane.ownerToken(), pool.attributes.token]

    for (const attributes of [
      { key: 'v', value: 'canary-duplicate', category: 'shell', sensitive: true },
      { key: 'bad key', value: 'canary-bad-key', category: 'shell', sensitive: true },
      { key: 'x', value: { canary: 'canary-wrong-type' }, category: 'shell' },
    ]) {
      await keep(
        world.api.write('POST', '/vars', 'vars', attributes, {
          workspace: ['workspaces', workspaceId],
        }),
      )
    }
    await keep(
      world.api.call('POST', '/vars', {
        bytes: Buffer.from('{"data": {"attributes": {"value": "canary-broken-json"'),
        headers: { 'content-type': 'application/vnd.api+json' },
      }),
    )
    for (const path of [
      '/agent-pools',
      '/vars',
      `/vars/${variable.id}`,
      `/runs/${run.id}?include=workspace,plan,configuration-version`,
      '/runs',
      '/access-tokens',
      `/agent-pools/${poolId}/access-tokens`,
      `/workspaces/${workspaceId}/outputs`,
      `/workspaces/${workspaceId}/current-state-version`,
    ]) {
      await keep(world.api.get(path))
    }
    const stranger = new ApiClient(world.controlPlane, `${tokens[0]}canary-token`)
    await keep(stranger.get('/vars'))
    await world.controlPlane.close()

    const secrets = [...tokens, ...tokens.map((token) => token.split('.')[2] ?? '')]
    const told = [...answers, ...logged].join('\n')
    expect(told).not.toContain('canary')
    for (const secret of secrets) expect(told).not.toContain(secret)

    const database = join(world.dataDir, 'control-plane.sqlite')
    const holders = columnsWith(database, 'canary').concat(
      secrets.flatMap((secret) => columnsWith(database, secret)),
    )
    expect(holders.toSorted()).toEqual([
      'agent_pools.webhook_headers_json',
      'run_variables.value',
      'variables.value',
    ])
    for (const holder of holders) expect(secretColumns).toContain(holder)

    const files = await readdir(world.dataDir, { recursive: true, withFileTypes: true })
    for (const file of files) {
      // The database is looked through above; a state file is Terraform's own and whole.
      if (!file.isFile() || file.name.startsWith('control-plane.sqlite')) continue
      if (file.parentPath.endsWith('states')) continue
      const content = await readFile(join(file.parentPath, file.name), 'latin1')
      for (const secret of ['canary', ...secrets]) expect(content).not.toContain(secret)
    }
  })
})

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { StateVersionsRepository } from '../../src/store/index.ts'
import type { StartedJob } from '../support/agent-client.ts'
import { HttpFixture } from '../support/http-fixture.ts'

const tool = ['terraform', 'tofu'].find((name) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))),
)
if (tool === undefined) {
  console.log('Skipped: neither terraform nor tofu is on PATH, so the real tool is not tried here.')
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

describe.skipIf(tool === undefined)('the state backend under the real tool', () => {
  let directory = ''

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'state-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  function environment(http: HttpFixture, token: string): NodeJS.ProcessEnv {
    const address = `${http.url}/api/agent/v1/state/ws-1`
    return {
      PATH: process.env['PATH'],
      HOME: directory,
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      TF_HTTP_ADDRESS: address,
      TF_HTTP_LOCK_ADDRESS: address,
      TF_HTTP_UNLOCK_ADDRESS: address,
      TF_HTTP_LOCK_METHOD: 'LOCK',
      TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
      TF_HTTP_USERNAME: 'run',
      TF_HTTP_PASSWORD: token,
    }
  }

  function start(http: HttpFixture, token: string, args: readonly string[]) {
    const env = environment(http, token)
    const child = spawn(tool ?? '', [...args, '-no-color'], { cwd: directory, env })
    const chunks: Buffer[] = []
    const collect = (chunk: Buffer): void => void chunks.push(chunk)
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }))
    })
    return { child, ended }
  }

  async function run(http: HttpFixture, token: string, args: readonly string[]): Promise<Ended> {
    return start(http, token, args).ended
  }

  async function planning(http: HttpFixture): Promise<StartedJob> {
    http.engine.createRun()
    return http.take(await http.register('one'))
  }

  const configuration = (body = ''): string => `
    terraform {
      backend "http" {}
    }
    resource "terraform_data" "one" {
      input = "one"
      ${body}
    }
    output "secret" {
      value     = "canary-output"
      sensitive = true
    }
    output "plain" {
      value = terraform_data.one.output
    }
  `

  it('holds the state of an apply, and of a destroy after it', async () => {
    await using http = await HttpFixture.open()
    writeFileSync(join(directory, 'main.tf'), configuration())
    const { runToken } = await planning(http)
    expect(await run(http, runToken, ['init', '-input=false'])).toMatchObject({ code: 0 })
    const apply = ['apply', '-input=false', '-auto-approve']
    expect(await run(http, runToken, apply)).toMatchObject({ code: 0 })
    const versions = new StateVersionsRepository(http.engine.db)
    const applied = versions.current('ws-1')
    expect(JSON.parse(applied?.resources_json ?? '')).toMatchObject([
      { address: 'terraform_data.one', type: 'terraform_data' },
    ])
    expect(applied?.outputs_json).toContain('plain')
    expect(applied?.outputs_json).not.toContain('canary-output')
    const output = await run(http, runToken, ['output', '-json'])
    expect(output.output).toContain('canary-output')

    expect(await run(http, runToken, ['destroy', '-input=false', '-auto-approve'])).toMatchObject({
      code: 0,
    })
    expect(versions.current('ws-1')?.serial).toBeGreaterThan(applied?.serial ?? 0)
    expect(http.engine.db.get('SELECT 1 AS held FROM state_locks')).toBeUndefined()
  })

  it('lets one in at a time, shows the lock, and is freed by force-unlock', async () => {
    await using http = await HttpFixture.open()
    const started = join(directory, 'started')
    const release = join(directory, 'release')
    const wait = `touch ${started}; while [ ! -e ${release} ]; do sleep 0.05; done`
    writeFileSync(
      join(directory, 'main.tf'),
      configuration(`provisioner "local-exec" { command = "${wait}" }`),
    )
    const { runToken } = await planning(http)
    const user = await http.userToken()
    await run(http, runToken, ['init', '-input=false'])
    const first = start(http, runToken, ['apply', '-input=false', '-auto-approve'])
    await expect.poll(() => existsSync(started), { timeout: 30_000 }).toBe(true)

    const refused = await run(http, user, ['plan', '-input=false'])
    expect(refused.code).toBe(1)
    expect(refused.output).toContain('Error acquiring the state lock')
    const lock = http.engine.db.get<{ lock_id: string }>('SELECT lock_id FROM state_locks')
    expect(refused.output).toContain(lock?.lock_id)

    first.child.kill('SIGKILL')
    await first.ended
    writeFileSync(release, '')
    const unlock = await run(http, user, ['force-unlock', '-force', lock?.lock_id ?? ''])
    expect(unlock).toMatchObject({ code: 0 })
    expect(http.engine.db.get('SELECT 1 AS held FROM state_locks')).toBeUndefined()
    expect(await run(http, user, ['plan', '-input=false'])).toMatchObject({ code: 0 })
  })

  it('is unlocked from an empty directory with a user token, as the documentation says', async () => {
    await using http = await HttpFixture.open()
    await planning(http)
    http.engine.db.run(
      "INSERT INTO state_locks VALUES ('ws-1', 'lock-1', '{\"ID\":\"lock-1\"}', 'run-1', '')",
    )
    writeFileSync(join(directory, 'backend.tf'), 'terraform {\n  backend "http" {}\n}\n')
    const user = await http.userToken()
    expect(await run(http, user, ['init'])).toMatchObject({ code: 0 })
    const unlock = await run(http, user, ['force-unlock', '-force', 'lock-1'])
    expect(unlock).toMatchObject({ code: 0 })
    expect(http.engine.db.get('SELECT 1 AS held FROM state_locks')).toBeUndefined()
  })

  it('I9: a write that is refused leaves errored.tfstate, which fits afterwards', async () => {
    await using http = await HttpFixture.open()
    const started = join(directory, 'started')
    const release = join(directory, 'release')
    const wait = `touch ${started}; while [ ! -e ${release} ]; do sleep 0.05; done`
    writeFileSync(
      join(directory, 'main.tf'),
      configuration(`provisioner "local-exec" { command = "${wait}" }`),
    )
    const job = await planning(http)
    await run(http, job.runToken, ['init', '-input=false'])
    const apply = start(http, job.runToken, ['apply', '-input=false', '-auto-approve'])
    await expect.poll(() => existsSync(started), { timeout: 30_000 }).toBe(true)
    http.engine.db.run('UPDATE jobs SET run_token_revoked = 1')
    writeFileSync(release, '')
    expect((await apply.ended).code).toBe(1)
    expect(existsSync(join(directory, 'errored.tfstate'))).toBe(true)
    expect(new StateVersionsRepository(http.engine.db).current('ws-1')).toBeUndefined()

    const user = await http.userToken()
    await run(http, user, ['force-unlock', '-force', lockId(http)])
    const push = await run(http, user, ['state', 'push', 'errored.tfstate'])
    expect(push).toMatchObject({ code: 0 })
    expect(new StateVersionsRepository(http.engine.db).current('ws-1')).toBeDefined()
  })
})

function lockId(http: HttpFixture): string {
  return http.engine.db.get<{ lock_id: string }>('SELECT lock_id FROM state_locks')?.lock_id ?? ''
}

import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { Database } from '../../src/store/index.ts'
import { AgentClient, type StartedJob } from '../support/agent-client.ts'
import { ApiClient } from '../support/api-client.ts'
import { digestOf } from '../support/digest.ts'
import { Load } from '../support/load.ts'
import { report } from '../support/agent-messages.ts'
import { KilledPlane } from '../support/killed-plane.ts'
import { stateOf } from '../support/state-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { makeWorkspace, uploadConfiguration } from '../support/world.ts'

const lives = 5

/** The log of a job is a function of the offset, so that any part of it can be sent again. */
function logPart(seed: number, start: number, bytes: number): Buffer<ArrayBuffer> {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (seed + start + index) % 251))
}

function writeWorkspaces(load: Load, environmentId: string): void {
  let count = 0
  load.add(async (api) => {
    count += 1
    const row = await api.create(
      '/workspaces',
      'workspaces',
      { name: `made-${count}` },
      { environment: ['environments', environmentId] },
    )
    load.acknowledged.workspaces.push(row.id)
  })
}

function writeVariables(load: Load, workspaceId: string): void {
  let count = 0
  load.add(async (api) => {
    count += 1
    const value = `value-${count}`
    const attributes = { key: `key_${count}`, value, category: 'terraform' }
    const row = await api.create('/vars', 'vars', attributes, {
      workspace: ['workspaces', workspaceId],
    })
    load.acknowledged.variables.set(row.id, value)
  })
}

function writeRuns(load: Load, workspaceId: string): void {
  load.add(async (api) => {
    const row = await api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
    load.acknowledged.runs.push(row.id)
  })
}

function writeConfigurations(load: Load, workspaceId: string): void {
  load.add(async (api) => {
    load.acknowledged.configurations.push(await uploadConfiguration(api, workspaceId))
  })
}

/** Repeats a state until it was taken, as Terraform does. */
function writeStates(load: Load, workspaceId: string): void {
  let serial = 1
  load.add(async (api) => {
    const state = stateOf({ serial, outputs: { serial: { value: serial } } })
    const answer = await api.call('POST', `/state-versions`, {
      json: {
        data: {
          type: 'state-versions',
          attributes: {
            serial,
            md5: createHash('md5').update(state).digest('hex'),
            state: state.toString('base64'),
          },
          relationships: { workspace: { data: { type: 'workspaces', id: workspaceId } } },
        },
      },
    })
    if (answer.status !== 201) throw new Error(`state: ${answer.status} ${answer.text}`)
    load.acknowledged.states.set(workspaceId, state)
    serial += 1
  })
}

/** Appends at the acknowledged offset; after a kill the server says where it stands. */
function writeLog(load: Load, job: StartedJob, seed: number): void {
  const { logs } = load.acknowledged
  let offset = 0
  logs.set(job.jobId, 0)
  load.add(async (_api, url) => {
    const answer = await new AgentClient(url).call('PATCH', `/jobs/${job.jobId}/log`, {
      token: job.token,
      bytes: logPart(seed, offset, 5000),
      headers: { ...job.headers, 'upload-offset': String(offset) },
    })
    if (answer.status !== 200 && answer.status !== 409) {
      throw new Error(`log: ${answer.status} ${answer.text}`)
    }
    offset = Number(answer.headers.get('upload-offset'))
    if (offset < (logs.get(job.jobId) ?? 0)) throw new Error('An acknowledged part is gone')
    logs.set(job.jobId, offset)
  })
}

/** Every row's file is there, whole. */
async function checkFiles(dataDir: string, db: Database): Promise<void> {
  const states = db.all<{ id: string; md5: string }>('SELECT id, md5 FROM state_versions')
  for (const { id, md5 } of states) {
    const content = await readFile(join(dataDir, 'states', `${id}.tfstate`))
    expect(createHash('md5').update(content).digest('hex')).toBe(md5)
  }
  const uploads = db.all<{ id: string; digest: string }>(
    "SELECT id, digest FROM configuration_versions WHERE status = 'uploaded'",
  )
  for (const { id, digest } of uploads) {
    const path = join(dataDir, 'configuration-versions', `${id}.tar.gz`)
    expect(digestOf(await readFile(path))).toBe(digest)
  }
  const logs = db.all<{ id: string; log_bytes: number }>(
    "SELECT id, report_json ->> '$.log.bytes' AS log_bytes FROM phases WHERE log_bytes IS NOT NULL",
  )
  for (const { id, log_bytes } of logs) {
    expect((await stat(join(dataDir, 'logs', `${id}.log`))).size).toBe(log_bytes)
  }
}

describe('a control plane that is killed with kill -9 under load', () => {
  it(`I9, I10: has everything that it acknowledged, ${lives} times over`, async () => {
    await using directory = await temporaryDirectory()
    const dataDir = directory.path
    await using plane = new KilledPlane(dataDir)
    const { url, ownerToken } = await plane.serving()
    const api = new ApiClient({ url, ownerToken: () => ownerToken })
    const { workspaceId, environmentId, poolId } = await makeWorkspace(api)
    await uploadConfiguration(api, workspaceId)
    const pool = await api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens', {})
    const agent = new AgentClient(url)
    const session = await agent.registerWith(pool.attributes.token, 'one')
    const jobs: StartedJob[] = []
    for (const dry of [false, true]) {
      await api.create(
        '/runs',
        'runs',
        { 'is-dry': dry },
        { workspace: ['workspaces', workspaceId] },
      )
      jobs.push(await agent.take(session))
    }
    const other = await api.create(
      '/workspaces',
      'workspaces',
      { name: 'other' },
      { environment: ['environments', environmentId] },
    )

    await using load = new Load(plane)
    writeWorkspaces(load, environmentId)
    writeVariables(load, workspaceId)
    writeRuns(load, workspaceId)
    writeConfigurations(load, other.id)
    writeStates(load, other.id)
    for (const [seed, job] of jobs.entries()) writeLog(load, job, seed)
    for (let life = 0; life < lives; life += 1) {
      await load.after(20 + Math.floor(Math.random() * 80))
      await plane.killAndRestart()
    }
    await load.after(20)
    await load.stop()

    const { acknowledged } = load
    expect(await idsOf(api, '/runs')).toEqual(expect.arrayContaining(acknowledged.runs))
    expect(await idsOf(api, '/workspaces')).toEqual(expect.arrayContaining(acknowledged.workspaces))
    for (const [id, value] of acknowledged.variables) {
      expect((await api.get(`/vars/${id}`)).body.data.attributes.value).toBe(value)
    }
    for (const id of acknowledged.configurations) {
      const { attributes } = (await api.get(`/configuration-versions/${id}`)).body.data
      expect(attributes.status).toBe('uploaded')
    }
    const current = await api.get(`/workspaces/${other.id}/current-state-version`)
    const content = await api.get(`/state-versions/${current.body.data.id}/download`)
    expect(content.text).toBe(acknowledged.states.get(other.id)?.toString())
    for (const [seed, job] of jobs.entries()) {
      const bytes = acknowledged.logs.get(job.jobId) ?? 0
      expect(bytes).toBeGreaterThan(0)
      const log = { bytes, digest: digestOf(logPart(seed, 0, bytes)), missingBytes: 0 }
      const finished = await agent.call('POST', `/jobs/${job.jobId}/finish`, {
        token: job.token,
        json: report(job, { log }),
      })
      expect(finished.text).toBe('{"accepted":true}')
    }

    await plane[Symbol.asyncDispose]()
    using db = Database.open(join(dataDir, 'control-plane.sqlite'))
    expect(db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
    expect(db.all('PRAGMA foreign_key_check')).toEqual([])
    await checkFiles(dataDir, db)
  })
})

/** Of every page. */
async function idsOf(api: ApiClient, path: string): Promise<string[]> {
  const ids: string[] = []
  for (let page: number | null = 1; page !== null;) {
    const { body } = await api.get(`${path}?page[number]=${page}&page[size]=100`)
    for (const row of body.data) ids.push(row.id)
    page = body.meta.pagination['next-page']
  }
  return ids
}

import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createControlPlane } from '../../src/index.ts'
import { Database } from '../../src/store/index.ts'
import { AgentClient } from '../support/agent-client.ts'
import { ApiClient } from '../support/api-client.ts'
import { digestOf } from '../support/digest.ts'
import { report } from '../support/agent-messages.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { canMount, fill, mountSmallDisk } from '../support/small-disk.ts'
import { stateOf } from '../support/state-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { archive, makeWorkspace, uploadConfiguration } from '../support/world.ts'

const big = Buffer.alloc(256 * 1024, 'x')

describe.skipIf(!canMount)('a data directory on a full disk', () => {
  it('refuses what it cannot keep, corrupts nothing, and goes on once there is space', async () => {
    await using directory = await temporaryDirectory()
    await using disk = mountSmallDisk(directory.path, 8)
    const dataDir = join(disk.path, 'data')
    const controlPlane = await createControlPlane({ dataDir })
    const api = new ApiClient(controlPlane)
    const { workspaceId, poolId } = await makeWorkspace(api)
    await uploadConfiguration(api, workspaceId)
    const pool = await api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens', {})
    const agent = new AgentClient(controlPlane.url)
    const session = await agent.registerWith(pool.attributes.token, 'one')
    const createRun = (message: string) =>
      api.write('POST', '/runs', 'runs', { message }, { workspace: ['workspaces', workspaceId] })
    const runs = [(await createRun('first')).body.data.id]
    const job = await agent.take(session)
    const append = (offset: number, bytes: Buffer<ArrayBuffer>) =>
      agent.call('PATCH', `/jobs/${job.jobId}/log`, {
        token: job.token,
        bytes,
        headers: { ...job.headers, 'upload-offset': String(offset) },
      })
    expect((await append(0, Buffer.from('first'))).status).toBe(200)
    const putPlan = () =>
      agent.call('PUT', `/jobs/${job.jobId}/files/plan.bin`, {
        token: job.token,
        bytes: big,
        headers: { ...job.headers, 'repr-digest': digestOf(big) },
      })
    const state = stateOf({ serial: 1, outputs: { padding: { value: big.toString() } } })
    const stateUrl = `${controlPlane.url}${job.statePath}`
    const authorization = `Basic ${Buffer.from(`run:${job.runToken}`).toString('base64')}`
    const putState = () =>
      fetch(stateUrl, { method: 'POST', headers: { authorization }, body: state })
    const version = await api.create(
      '/configuration-versions',
      'configuration-versions',
      {},
      { workspace: ['workspaces', workspaceId] },
    )
    const noise = createHash('sha512').update('noise').digest('hex').repeat(20_000)
    const entries = [{ name: 'main.tf', content: Buffer.from(noise, 'hex') }]
    const configuration = Buffer.concat([await archive(entries), Buffer.alloc(1024 ** 2)])
    const upload = () => api.call('PUT', version.links.upload, { bytes: configuration })

    const filler = join(disk.path, 'filler')
    fill(filler)

    // Freed pages of the database are used up first.
    let refused = await createRun('x'.repeat(500))
    for (let index = 0; refused.status === 201 && index < 500; index += 1) {
      runs.push(refused.body.data.id)
      refused = await createRun('x'.repeat(500))
    }
    expect(refused.status).toBe(507)
    expect(refused.body.errors).toMatchObject([
      { status: '507', detail: expect.stringMatching(/disk .* is full/u) },
    ])
    expectProblem(await append(5, big), 507, 'urn:scalr-agent:problem:internal')
    expectProblem(await putPlan(), 507, 'urn:scalr-agent:problem:internal')
    const stateAnswer = await putState()
    expect(stateAnswer.status).toBe(507)
    expect(await stateAnswer.text()).toMatch(/disk is full/u)
    expect((await upload()).status).toBe(507)

    // What is there can be read, and nothing of what was refused is.
    const head = await agent.call('HEAD', `/jobs/${job.jobId}/log`, {
      token: job.token,
      headers: job.headers,
    })
    expect(head.headers.get('upload-offset')).toBe('5')
    expect((await fetch(stateUrl, { headers: { authorization } })).status).toBe(204)
    expect((await api.get(`/runs/${runs[0]}`)).body.data.attributes.status).toBe('planning')
    expect(await readdir(join(dataDir, 'states'))).toEqual([])
    await expect(createControlPlane({ dataDir: join(disk.path, 'second') })).rejects.toMatchObject({
      code: 'DISK_FULL',
    })

    await rm(filler)
    const after = await createRun('after')
    expect(after.status).toBe(201)
    runs.push(after.body.data.id)
    expect((await append(5, big)).status).toBe(200)
    expect((await putPlan()).status).toBe(204)
    expect((await putState()).status).toBe(200)
    expect((await upload()).status).toBe(200)
    const log = Buffer.concat([Buffer.from('first'), big])
    const finish = await agent.call('POST', `/jobs/${job.jobId}/finish`, {
      token: job.token,
      json: report(job, {
        hasChanges: true,
        log: { bytes: log.byteLength, digest: digestOf(log), missingBytes: 0 },
        files: [{ name: 'plan.bin', bytes: big.byteLength, digest: digestOf(big) }],
      }),
    })
    expect(finish.status).toBe(200)
    expect((await api.get(`/runs/${runs[0]}`)).body.data.attributes.status).toBe('planned')

    await controlPlane.close()
    using db = Database.open(join(dataDir, 'control-plane.sqlite'))
    expect(db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
    expect(db.all('SELECT id FROM runs ORDER BY sequence')).toEqual(runs.map((id) => ({ id })))
  })
})

import { buffer } from 'node:stream/consumers'

import { describe, expect, it } from 'vitest'

import { answer, prefix, setUp, toWorkspace } from './support.ts'

const hook = {
  type: 'hooks',
  id: 'hook-1',
  attributes: {
    name: 'check',
    interpreter: 'bash',
    'scriptfile-path': 'check.sh',
    status: 'pending',
  },
  relationships: { environments: { data: [{ type: 'environments', id: 'env-1' }] } },
  links: { upload: `${prefix}/hooks/hook-1/upload` },
}

describe('hooks', () => {
  it('are made without a VCS, and their files are uploaded', async () => {
    const { client, server } = await setUp({
      'POST /hooks': answer(201, { data: hook }),
      'PUT /hooks/hook-1/upload': (_request, response) => void response.writeHead(200).end(),
    })
    const made = await client.hooks.create({
      name: 'check',
      interpreter: 'bash',
      scriptfilePath: 'check.sh',
    })
    expect(made).toMatchObject({ status: 'pending', environmentIds: ['env-1'], vcsRepo: null })
    await client.hooks.upload(made, Buffer.from('tar'))
    expect(server.received.at(-1)?.body.toString()).toBe('tar')
    // scalr.io has no such link.
    await expect(
      client.hooks.upload({ id: 'hook-1', uploadUrl: null }, Buffer.from('tar')),
    ).rejects.toThrow('takes no upload')
  })

  it('are linked to environments, with the events', async () => {
    const relations = {
      hook: { data: { type: 'hooks', id: 'hook-1' } },
      environment: { data: { type: 'environments', id: 'env-1' } },
    }
    const { client, server } = await setUp({
      'POST /hook-environment-links': answer(201, {
        data: {
          type: 'hook-environment-links',
          id: 'hkenv-1',
          attributes: { events: ['pre-init'] },
          relationships: relations,
        },
      }),
    })
    const link = await client.hookEnvironmentLinks.create({
      hookId: 'hook-1',
      environmentId: 'env-1',
      events: ['pre-init'],
    })
    expect(link).toMatchObject({ id: 'hkenv-1', events: ['pre-init'], hookId: 'hook-1' })
    expect(JSON.parse(server.received[0]?.body.toString() ?? '')).toMatchObject({
      data: { attributes: { events: ['pre-init'] }, relationships: relations },
    })
  })
})

describe('how a job ended', () => {
  it('is read as plain fields', async () => {
    const report = {
      result: 'failed',
      cause: 'state-locked',
      message: 'The state is locked.',
      'last-lines': 'Error',
      'exit-code': 1,
      stages: [{ name: 'plan', 'exit-code': 1, 'started-at': '2026-01-01T00:00:00Z' }],
      interrupts: { soft: 1, hard: 0, kill: 0 },
      log: { bytes: 10, digest: 'sha-256=:x:', 'missing-bytes': 0 },
      'state-lock': { id: 'lock-1', who: 'root@host', 'created-at': '2026-01-01T00:00:00Z' },
      'rescued-state': { outcome: 'kept', serial: 4, reason: 'serial' },
    }
    const { client } = await setUp({
      'GET /applies/apply-1': answer(200, {
        data: {
          type: 'applies',
          id: 'apply-1',
          attributes: { status: 'errored', 'agent-report': report },
        },
      }),
      'GET /applies/apply-2': answer(200, {
        data: { type: 'applies', id: 'apply-2', attributes: { status: 'errored' } },
      }),
    })
    expect((await client.applies.get('apply-1')).agentReport).toEqual({
      result: 'failed',
      cause: 'state-locked',
      message: 'The state is locked.',
      evidence: null,
      lastLines: 'Error',
      exitCode: 1,
      stages: [{ name: 'plan', exitCode: 1, startedAt: '2026-01-01T00:00:00Z', endedAt: null }],
      interrupts: { soft: 1, hard: 0, kill: 0 },
      log: { bytes: 10, digest: 'sha-256=:x:', missingBytes: 0 },
      stateLock: {
        id: 'lock-1',
        who: 'root@host',
        operation: null,
        createdAt: '2026-01-01T00:00:00Z',
        runId: null,
      },
      rescuedState: { outcome: 'kept', serial: 4, reason: 'serial' },
    })
    // As at scalr.io.
    expect((await client.applies.get('apply-2')).agentReport).toBeNull()
  })
})

describe('states after a hard end', () => {
  it('are downloaded from the apply, and their lock is released by its id', async () => {
    const { client, server } = await setUp({
      'GET /applies/apply-1/errored-state': (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end('{"serial":4}'),
      'POST /workspaces/ws-1/actions/unlock-state': answer(200, {
        data: {
          type: 'workspaces',
          id: 'ws-1',
          attributes: { name: 'app', 'agent-state-lock': null },
          relationships: { environment: { data: { type: 'environments', id: 'env-1' } } },
        },
      }),
    })
    const state = await client.applies.erroredState('apply-1')
    expect(String(await buffer(state))).toBe('{"serial":4}')
    expect((await client.workspaces.unlockState('ws-1', 'lock-1')).agentStateLock).toBeNull()
    expect(JSON.parse(server.received.at(-1)?.body.toString() ?? '')).toEqual({
      'lock-id': 'lock-1',
    })
  })
})

describe('a configuration', () => {
  it('says which commit it is', async () => {
    const { client, server } = await setUp({
      'POST /configuration-versions': answer(201, {
        data: {
          type: 'configuration-versions',
          id: 'cv-1',
          attributes: { status: 'pending' },
          relationships: { workspace: toWorkspace },
        },
      }),
    })
    await client.configurationVersions.create({
      workspaceId: 'ws-1',
      agentVcsRevision: { branch: 'main', commitSha: 'a1b2c3d' },
    })
    expect(JSON.parse(server.received[0]?.body.toString() ?? '')).toMatchObject({
      data: {
        attributes: { 'agent-vcs-revision': { branch: 'main', 'commit-sha': 'a1b2c3d' } },
      },
    })
  })
})

import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

import { extract } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { describePlan, runPhase } from '../../src/client/index.ts'
import { sendJson, type Handler, type TestServer } from '../http/support/test-server.ts'
import { answer, prefix, run, setUp } from './support.ts'

/** A handler that answers with one status after the other, and keeps to the last. */
function statuses(of: object, ...list: readonly string[]): Handler {
  let index = 0
  return (_request, response) => {
    const status = list[Math.min(index, list.length - 1)]
    index += 1
    sendJson(response, 200, { data: { ...of, attributes: { status } } })
  }
}

describe('runs.waitFor', () => {
  it('waits until the run rests, and tells each status once', async () => {
    const { client, clock } = await setUp({
      'GET /runs/run-1': statuses(run, 'plan_queued', 'planning', 'planning', 'planned'),
    })
    const seen: string[] = []
    const found = await client.runs.waitFor('run-1', {
      onStatus: ({ status }) => seen.push(status),
    })
    expect(found.status).toBe('planned')
    expect(seen).toEqual(['plan_queued', 'planning', 'planned'])
    expect(clock.sleeps).toEqual([1000, 1000, 1000])
  })

  it('waits on for the end, or for what the caller says', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': statuses(run, 'planned', 'applying', 'errored'),
      'GET /runs/run-2': statuses({ ...run, id: 'run-2' }, 'pending', 'planning', 'planned'),
    })
    expect((await client.runs.waitFor('run-1', { until: 'end' })).status).toBe('errored')
    const until = ({ status }: { readonly status: string }): boolean => status === 'planning'
    expect((await client.runs.waitFor('run-2', { until })).status).toBe('planning')
  })

  it('gives up after its time, and says where the run stood', async () => {
    const { client, clock } = await setUp({ 'GET /runs/run-1': statuses(run, 'planning') })
    await expect(client.runs.waitFor('run-1', { timeoutMs: 2500 })).rejects.toMatchObject({
      name: 'TimeoutError',
      message: expect.stringMatching(/run-1: it is `planning` after 2500 ms/u),
    })
    expect(clock.sleeps).toEqual([1000, 1000, 500])
  })

  it.each([
    ['planned', null, 'waiting'],
    ['planned', true, 'working'],
    ['policy_checked', false, 'waiting'],
    ['policy_checked', true, 'working'],
    ['policy_override', true, 'waiting'],
    ['applied', null, 'ended'],
    ['a_status_of_next_year', null, 'working'],
  ])('%s with auto-apply %s is %s', (status, autoApply, phase) => {
    expect(runPhase({ status, autoApply })).toBe(phase)
  })
})

describe('follow', () => {
  it('gives a log as it grows, each byte once, until the plan has ended', async () => {
    const parts = ['', 'Refreshing…\n', '', 'Plan: 1 to add\n', 'Done\n']
    let looks = 0
    const { client } = await setUp({
      'GET /plans/plan-1': (_request, response) => {
        looks += 1
        const status = looks < parts.length ? 'running' : 'finished'
        sendJson(response, 200, { data: { id: 'plan-1', type: 'plans', attributes: { status } } })
      },
      'GET /plans/plan-1/output': ({ headers }, response) => {
        const log = Buffer.from(parts.slice(0, looks).join(''))
        const from = Number(/\d+/u.exec(headers.range ?? '0')?.[0])
        if (from >= log.byteLength) void response.writeHead(from === 0 ? 204 : 416).end()
        else void response.writeHead(from === 0 ? 200 : 206).end(log.subarray(from))
      },
    })
    let text = ''
    for await (const chunk of client.plans.follow('plan-1')) text += Buffer.from(chunk).toString()
    expect(text).toBe(parts.join(''))
  })
})

describe('runs.summary', () => {
  const plan = {
    format_version: '1.2',
    resource_changes: [
      { address: 'a.new', change: { actions: ['create'], after: { password: 'c4n4ry' } } },
      { address: 'a.same', change: { actions: ['no-op'] } },
      { address: 'a.moved', previous_address: 'a.old', change: { actions: ['no-op'] } },
      { address: 'a.taken', change: { actions: ['no-op'], importing: { id: 'x' } } },
      { address: 'a.gone', change: { actions: ['delete'] } },
      { address: 'a.again', change: { actions: ['delete', 'create'] } },
      { address: 'data.a.read', change: { actions: ['read'] } },
    ],
    output_changes: { url: { actions: ['update'] }, same: { actions: ['no-op'] } },
  }

  it('counts what would change, and shows no value (I12)', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': answer(200, { data: run }),
      'GET /plans/plan-1/json-output': answer(200, plan),
    })
    const summary = await client.runs.summary('run-1')
    expect(summary).toMatchObject({ add: 2, change: 0, destroy: 2, imports: 1, outputs: ['url'] })
    expect(summary.resources.map(({ address, action }) => `${action} ${address}`)).toEqual([
      'create a.new',
      'none a.moved',
      'none a.taken',
      'delete a.gone',
      'replace a.again',
    ])
    expect(JSON.stringify(summary)).not.toContain('c4n4ry')
  })

  it('says that there is no plan yet', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': answer(200, { data: run }),
      'GET /plans/plan-1/json-output': (_request, response) => void response.writeHead(204).end(),
    })
    await expect(client.runs.summary('run-1')).rejects.toThrow(/is `planned` and has no plan/u)
  })
})

describe('runs.review', () => {
  const planJson = {
    resource_changes: [{ address: 'a.gone', change: { actions: ['delete'] } }],
  }
  const accepted: Handler = (_request, response) => void response.writeHead(202).end()
  const routes = {
    'GET /runs/run-1': statuses(run, 'planning', 'planned'),
    'GET /plans/plan-1/json-output': answer(200, planJson),
    'POST /runs/run-1/actions/apply': accepted,
    'POST /runs/run-1/actions/discard': accepted,
  }
  const sent = (server: TestServer): readonly string[] =>
    server.received.filter(({ method }) => method === 'POST').map(({ url }) => url)

  it('confirms what was found good, with a comment', async () => {
    const { client, server, bodies } = await setUp(routes)
    const {
      decision,
      summary,
      run: seen,
    } = await client.runs.review(
      'run-1',
      (found, { status }) => found.destroy === 1 && status === 'planned',
      { comment: 'seen' },
    )
    expect(decision).toBe('confirmed')
    expect(seen.status).toBe('planned')
    expect(summary && describePlan(summary)).toBe(
      '0 to add, 0 to change, 1 to destroy\n  - destroy  a.gone',
    )
    expect(sent(server)).toEqual([`${prefix}/runs/run-1/actions/apply`])
    expect(bodies()).toEqual([{ comment: 'seen' }])
  })

  it('leaves the others as they are, or discards them', async () => {
    const { client, server } = await setUp(routes)
    const no = async (): Promise<boolean> => await Promise.resolve(false)
    expect((await client.runs.review('run-1', no)).decision).toBe('left')
    expect(sent(server)).toEqual([])
    const { decision } = await client.runs.review('run-1', no, { otherwise: 'discard' })
    expect(decision).toBe('discarded')
    expect(sent(server)).toEqual([`${prefix}/runs/run-1/actions/discard`])
  })

  it.each(['planned_and_finished', 'errored', 'policy_override'])(
    'asks nothing about a run that is %s',
    async (status) => {
      const { client, server } = await setUp({
        ...routes,
        'GET /runs/run-1': statuses(run, status),
      })
      const decide = (): boolean => {
        throw new Error('was asked')
      }
      expect((await client.runs.review('run-1', decide)).decision).toBe('not-asked')
      expect(sent(server)).toEqual([])
    },
  )
})

describe('configurationVersions.uploadDirectory', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'configuration-'))
  })
  afterEach(async () => await rm(directory, { recursive: true, force: true }))

  async function files(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await mkdir(dirname(join(directory, name)), { recursive: true })
      await writeFile(join(directory, name), name)
    }
  }

  async function uploaded(): Promise<readonly string[]> {
    let body: Buffer = Buffer.alloc(0)
    const { client, server } = await setUp({
      'POST /configuration-versions': (_request, response) => {
        const upload = `${server.url}${prefix}/upload`
        const data = { id: 'cv-1', type: 'configuration-versions', links: { upload } }
        sendJson(response, 201, {
          data: {
            ...data,
            attributes: { status: 'pending' },
            relationships: { workspace: { data: { id: 'ws-1', type: 'workspaces' } } },
          },
        })
      },
      'PUT /upload': (request, response) => {
        body = request.body
        expect(request.headers['content-length']).toBe(String(body.byteLength))
        response.end()
      },
    })
    const version = await client.configurationVersions.uploadDirectory('ws-1', directory)
    expect(version.id).toBe('cv-1')
    const names: string[] = []
    for await (const entry of Readable.from([body]).pipe(createGunzip()).pipe(extract())) {
      names.push(
        `${entry.header.name}${entry.header.linkname ? ` -> ${entry.header.linkname}` : ''}`,
      )
      entry.resume()
    }
    return names
  }

  it('uploads what `.terraformignore` does not name, in a stable order', async () => {
    await files(
      'main.tf',
      'modules/a/main.tf',
      'secret.auto.tfvars',
      'keep.auto.tfvars',
      'docs/a/readme.md',
      '.git/config',
      '.terraform/providers/big',
      '.terraform/modules/modules.json',
    )
    await writeFile(
      join(directory, '.terraformignore'),
      '# comment\n*.tfvars\n!keep.auto.tfvars\ndocs/\n',
    )
    await symlink('main.tf', join(directory, 'other.tf'))
    expect(await uploaded()).toEqual([
      '.terraform/modules/modules.json',
      '.terraformignore',
      'keep.auto.tfvars',
      'main.tf',
      'modules/a/main.tf',
      'other.tf -> main.tf',
    ])
  })

  it('leaves no file behind in the temporary directory', async () => {
    await files('main.tf')
    const before = (await readdir(tmpdir())).filter((name) =>
      name.startsWith('scalr-configuration-'),
    )
    await uploaded()
    const after = (await readdir(tmpdir())).filter((name) =>
      name.startsWith('scalr-configuration-'),
    )
    expect(after).toEqual(before)
  })

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['nothing in it', async () => {}, /holds no file/u],
    ['a link out of it', async () => await symlink('/etc/passwd', join(directory, 'a')), /\ba\b/u],
    ['only what is ignored', async () => await files('.git/config'), /holds no file/u],
  ])('a directory with %s is refused before anything is created', async (_, make, message) => {
    await make()
    const { client, server } = await setUp({})
    await expect(client.configurationVersions.uploadDirectory('ws-1', directory)).rejects.toThrow(
      message,
    )
    expect(server.received).toEqual([])
  })

  it('a directory that is not there is refused', async () => {
    const { client } = await setUp({})
    await expect(
      client.configurationVersions.uploadDirectory('ws-1', join(directory, 'none')),
    ).rejects.toThrow(/Cannot pack the configuration in .*none: ENOENT/u)
  })
})

describe('tags and service accounts', () => {
  it('tags of a workspace are added, replaced, removed and listed', async () => {
    const { client, server, bodies } = await setUp({
      'POST /workspaces/ws-1/relationships/tags': (_r, response) =>
        void response.writeHead(204).end(),
      'PATCH /workspaces/ws-1/relationships/tags': (_r, response) =>
        void response.writeHead(204).end(),
      'DELETE /workspaces/ws-1/relationships/tags': (_r, response) =>
        void response.writeHead(204).end(),
      'GET /workspaces/ws-1/relationships/tags': answer(200, {
        data: [{ id: 'tag-1', type: 'tags' }],
      }),
    })
    await client.workspaces.tags.add('ws-1', ['tag-1'])
    await client.workspaces.tags.replace('ws-1', [])
    await client.workspaces.tags.remove('ws-1', ['tag-2'])
    expect(bodies()).toEqual([
      { data: [{ type: 'tags', id: 'tag-1' }] },
      { data: [] },
      { data: [{ type: 'tags', id: 'tag-2' }] },
    ])
    const found: string[] = []
    for await (const { id } of client.workspaces.tags.list('ws-1')) found.push(id)
    expect(found).toEqual(['tag-1'])
    expect(server.received[0]?.headers['content-type']).toBe('application/vnd.api+json')
  })

  it('a token of a service account is shown once, and by no inspection', async () => {
    const { client } = await setUp({
      'POST /service-accounts/sa-1/access-tokens': answer(201, {
        data: { id: 'at-1', type: 'access-tokens', attributes: { token: 'c4n4ry' } },
      }),
    })
    const created = await client.accessTokens.createForServiceAccount('sa-1', { name: 'ci' })
    expect(created.token).toBe('c4n4ry')
    expect(JSON.stringify(created)).not.toContain('c4n4ry')
  })
})

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { Json } from '../support/api-client.ts'
import { githubWebhook } from '../support/test-forge.ts'
import { startVcsWorld, type VcsWorld } from '../support/vcs-world.ts'

const run = promisify(execFile)
const tool = ['terraform', 'tofu'].find((name) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))),
)
if (tool === undefined) {
  console.log('Skipped: neither terraform nor tofu is on PATH, so the real tool is not tried here.')
}

async function makeModule(
  world: VcsWorld,
  attributes: Record<string, unknown> = {},
): Promise<Json> {
  return await world.api.create(
    '/modules',
    'modules',
    {
      name: 'network',
      provider: 'aws',
      'vcs-repo': { identifier: world.forge.repository },
      ...attributes,
    },
    { 'vcs-provider': ['vcs-providers', world.providerId] },
  )
}

async function settled(
  world: VcsWorld,
  moduleId: string,
  status = 'setup_complete',
): Promise<Json> {
  return eventually(async () => {
    const module = (await world.api.get(`/modules/${moduleId}`)).body.data
    expect(module.attributes.status).toBe(status)
    const versions = (await world.api.get(`/module-versions?filter[module]=${moduleId}`)).body.data
    expect(versions.map((one: Json) => one.attributes.status)).not.toContain('pending')
    return { module, versions }
  })
}

const versionsOf = (versions: Json): string[] =>
  versions.map((one: Json) => one.attributes.version).toSorted()

describe('modules', () => {
  it('get a version of each tag that is one', async () => {
    await using world = await startVcsWorld()
    const sha = world.forge.commit('main', { 'main.tf': '' })
    for (const tag of ['v1.2.0', '1.10.0', 'v2.0.0-rc.1', 'nightly', 'v1', 'v1.2.0.1']) {
      world.forge.tag(tag, sha)
    }
    const { id, attributes } = await makeModule(world)
    expect(attributes).toMatchObject({ status: 'pending', name: 'network', provider: 'aws' })
    const { module, versions } = await settled(world, id)
    expect(versionsOf(versions)).toEqual(['1.10.0', '1.2.0', '2.0.0-rc.1'])
    const latest = module.relationships['module-version'].data.id
    expect((await world.api.get(`/module-versions/${latest}`)).body.data.attributes.version).toBe(
      '2.0.0-rc.1',
    )
  })

  it('take new tags when they are pushed, and leave versions as they are that are there', async () => {
    await using world = await startVcsWorld()
    world.forge.tag('v1.0.0', world.forge.commit('main', { 'main.tf': '1' }))
    const { id } = await makeModule(world)
    const before = await settled(world, id)
    const moved = world.forge.commit('main', { 'main.tf': '2' })
    world.forge.tag('v1.0.0', moved)
    world.forge.tag('v1.1.0', moved)
    await world.gateway.deliver(
      world.vcsPoolId,
      githubWebhook('push', {
        ref: 'refs/tags/v1.1.0',
        repository: { full_name: world.forge.repository },
      }),
    )
    const after = await eventually(async () => {
      const found = await settled(world, id)
      expect(versionsOf(found.versions)).toEqual(['1.0.0', '1.1.0'])
      return found
    })
    const first = (all: Json): Json =>
      all.versions.find((one: Json) => one.attributes.version === '1.0.0')
    expect(first(after)).toEqual(first(before))
    expect((await world.api.post(`/modules/${id}/actions/resync`, { force: true })).status).toBe(
      204,
    )
  })

  it('say when there are no tags, or no repository', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '' })
    const empty = await makeModule(world)
    await settled(world, empty.id, 'no_version_tags')
    const lost = await makeModule(world, { name: 'b', 'vcs-repo': { identifier: 'acme/none' } })
    const { module } = await settled(world, lost.id, 'errored')
    expect(module.attributes['error-message']).toContain('GitHub Enterprise answered 404')
  })

  it('take their names from the repository, and refuse what Terraform could not name', async () => {
    await using world = await startVcsWorld()
    const made = await makeModule(world, {
      name: null,
      provider: null,
      'vcs-repo': { identifier: 'acme/terraform-google-vpc' },
    })
    expect(made.attributes).toMatchObject({ name: 'vpc', provider: 'google' })
    const answer = await world.api.write(
      'POST',
      '/modules',
      'modules',
      { 'vcs-repo': { identifier: 'acme/infra' } },
      { 'vcs-provider': ['vcs-providers', world.providerId] },
    )
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe('/data/attributes/name')
    const refused = await world.api.delete(`/vcs-providers/${world.providerId}`)
    expect(refused.body.errors[0].detail).toBe(
      "Can't be deleted. The VCS provider is in use by modules.",
    )
  })

  it('are not shown without a token, nor archives without their link', async () => {
    await using world = await startVcsWorld()
    world.forge.tag('v1.0.0', world.forge.commit('main', { 'main.tf': '' }))
    const { id } = await makeModule(world)
    const { module } = await settled(world, id)
    const { url } = world.controlPlane
    const base = `${url}/api/registry/v1/modules/${module.relationships.account.data.id}/network/aws`
    const authorization = `Bearer ${world.controlPlane.ownerToken()}`
    expect((await fetch(`${base}/versions`)).status).toBe(401)
    expect((await fetch(`${base}/versions`, { headers: { authorization } })).status).toBe(200)
    const other = base.replace(/acc-[^/]+/u, 'acc-other')
    expect((await fetch(`${other}/versions`, { headers: { authorization } })).status).toBe(404)
    const answer = await fetch(`${base}/1.0.0/download`, { headers: { authorization } })
    expect(answer.status).toBe(204)
    const link = `${url}${answer.headers.get('x-terraform-get')}`
    expect((await fetch(link)).status).toBe(200)
    // Another end, another signature, another version.
    for (const forged of [
      link.replace(/(\d{9,})\./u, (_all, end: string) => `${Number(end) + 1000}.`),
      link.replace(/\.[A-Za-z0-9_-]{43}\//u, `.${'A'.repeat(43)}/`),
      link.replace(/modver-[^/]+/u, 'modver-other'),
    ]) {
      expect(forged).not.toBe(link)
      expect((await fetch(forged)).status).toBe(404)
    }
  })

  it.skipIf(tool === undefined)(
    'are what `init` fetches over TLS, sub-folders and all',
    async () => {
      await using world = await startVcsWorld()
      world.forge.tag(
        'infra/v1.0.0',
        world.forge.commit('main', {
          'modules/network/main.tf': 'output "which" { value = "network" }\n',
          'modules/network/sub/main.tf': 'output "which" { value = "sub" }\n',
          'other.txt': 'not part of it',
        }),
      )
      const { id } = await makeModule(world, {
        'vcs-repo': {
          identifier: world.forge.repository,
          path: '/modules/network',
          'tag-prefix': 'infra/',
        },
      })
      const { module } = await settled(world, id)
      await world.controlPlane.close()
      await using served = await world.restart({ tls: 'own-ca' })
      const { host } = new URL(served.url)
      const source = module.attributes.source.replace(/^[^/]+/u, host)
      const directory = join(world.dataDir, 'client')
      await mkdir(directory)
      await writeFile(
        join(directory, 'main.tf'),
        `module "a" {\n  source = "${source}"\n  version = "~> 1.0"\n}\n` +
          `module "b" {\n  source = "${source}//sub"\n  version = "1.0.0"\n}\n`,
      )
      const config = join(directory, 'cli.tfrc')
      await writeFile(config, `credentials "${host}" {\n  token = "${served.ownerToken()}"\n}\n`)
      await run(tool ?? '', ['init', '-no-color', '-input=false'], {
        cwd: directory,
        env: {
          ...process.env,
          TF_CLI_CONFIG_FILE: config,
          SSL_CERT_FILE: served.caCertPath,
          CHECKPOINT_DISABLE: '1',
        },
      })
      const manifest = await readFile(join(directory, '.terraform/modules/modules.json'), 'utf8')
      expect(JSON.parse(manifest).Modules).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ Key: 'a', Version: '1.0.0' }),
          expect.objectContaining({ Key: 'b', Dir: '.terraform/modules/b/sub' }),
        ]),
      )
    },
  )
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { Json } from '../support/api-client.ts'
import { IacDirectory, iacTools } from '../support/iac-directory.ts'
import { startTlsWorld } from '../support/tls-world.ts'
import type { World } from '../support/world.ts'

const tools = iacTools()
if (tools.length === 0) {
  console.log('SKIPPED remote backend: neither terraform nor tofu is here; `pnpm engines up tofu`')
}

interface Scene extends AsyncDisposable {
  readonly world: World
  readonly environmentId: string
  readonly directory: IacDirectory
  /** `workspaces { … }`, and what stands in the resource. */
  configuration(workspaces: string, body?: string): string
  workspace(name: string): Promise<Json>
  /** Plans and applies on this machine. */
  makeLocal(name: string): Promise<void>
}

async function openScene(tool: string): Promise<Scene> {
  const world = await startTlsWorld()
  const { api, caCertPath, controlPlane } = world
  const environment = await api.create('/environments', 'environments', { name: 'env' })
  const { url } = controlPlane
  const token = controlPlane.ownerToken()
  const directory = await IacDirectory.open(tool, { url, caCertPath, token })
  const workspace = async (name: string): Promise<Json> =>
    (await api.get(`/workspaces?filter[name]=${name}`)).body.data[0]
  return {
    world,
    environmentId: environment.id,
    directory,
    configuration: (workspaces, body = '') => `
      terraform {
        backend "remote" {
          hostname     = "${new URL(url).host}"
          organization = "${environment.id}"
          workspaces { ${workspaces} }
        }
      }
      ${configurationOf(body)}
    `,
    workspace,
    makeLocal: async (name) => {
      const { id } = await workspace(name)
      const attributes = { 'execution-mode': 'local' }
      await api.write('PATCH', `/workspaces/${id}`, 'workspaces', attributes)
    },
    [Symbol.asyncDispose]: async () => {
      await directory[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

const configurationOf = (body = ''): string => `
  resource "terraform_data" "one" {
    input = "one"
    ${body}
  }
  output "plain" { value = terraform_data.one.output }
`

const name = 'name = "app"'
const apply = ['apply', '-input=false', '-auto-approve', '-no-color'] as const
const shown = (output: string): string => output.replaceAll(/[│\s]+/gu, ' ')

describe.each(tools)('backend "remote" with $name, over TLS', ({ name: iac, path: tool }) => {
  it('makes the workspace, and keeps the state of an apply and a destroy', async () => {
    await using scene = await openScene(tool)
    const { directory } = scene
    directory.write('main.tf', scene.configuration(name))
    await directory.must('init', '-input=false')
    expect((await scene.workspace('app')).attributes).toMatchObject({
      'execution-mode': 'remote',
      'iac-platform': iac,
      'terraform-version': expect.stringMatching(/^\d+\.\d+\.\d+$/u),
    })
    await scene.makeLocal('app')
    expect(await directory.must('plan', '-input=false', '-no-color')).toContain('1 to add')
    await directory.must(...apply)
    expect(await directory.must('output', '-raw', 'plain')).toBe('one')
    const pulled = JSON.parse(await directory.must('state', 'pull'))
    expect(pulled).toMatchObject({ version: 4, serial: 1 })
    const { id, attributes } = await scene.workspace('app')
    expect(attributes).toMatchObject({ 'has-resources': true, 'agent-state-lock': null })
    const served = await scene.world.api.get(`/workspaces/${id}/current-state-version`)
    expect(served.body.data.attributes).toMatchObject({ serial: 1, lineage: pulled.lineage })
    await directory.must('destroy', '-input=false', '-auto-approve')
    expect((await scene.workspace('app')).attributes['has-resources']).toBe(false)
  })

  it('lets one in at a time, names the holder, and is freed by force-unlock', async () => {
    await using scene = await openScene(tool)
    const { directory, environmentId } = scene
    const started = join(directory.path, 'started')
    const release = join(directory.path, 'release')
    const wait = `touch ${started}; while [ ! -e ${release} ]; do sleep 0.05; done`
    directory.write(
      'main.tf',
      scene.configuration(name, `provisioner "local-exec" { command = "${wait}" }`),
    )
    await directory.must('init', '-input=false')
    await scene.makeLocal('app')
    const first = directory.start(apply)
    await expect.poll(() => existsSync(started), { timeout: 60_000 }).toBe(true)
    const lock = (await scene.workspace('app')).attributes['agent-state-lock']
    expect(lock).toMatchObject({ who: 'owner@localhost', 'run-id': null })

    const second = await directory.run('plan', '-input=false', '-no-color')
    expect(second.code).toBe(1)
    expect(shown(second.output)).toContain(
      `workspace already locked (lock ID: "${environmentId}/app")`,
    )
    first.child.kill('SIGKILL')
    await first.ended
    directory.write('release', '')
    await directory.must('force-unlock', '-force', `${environmentId}/app`)
    expect((await scene.workspace('app')).attributes['agent-state-lock']).toBeNull()
    expect(await directory.must('plan', '-input=false', '-no-color')).toContain('1 to add')
  })

  it('I9: a write whose lock was broken is refused, and leaves errored.tfstate, which fits afterwards', async () => {
    await using scene = await openScene(tool)
    const { directory, environmentId } = scene
    const release = join(directory.path, 'release')
    const wait = `echo at work; while [ ! -e ${release} ]; do sleep 0.05; done`
    directory.write(
      'main.tf',
      scene.configuration(name, `provisioner "local-exec" { command = "${wait}" }`),
    )
    await directory.must('init', '-input=false')
    await scene.makeLocal('app')
    const applying = directory.start(apply)
    await applying.printed('at work')
    await directory.must('force-unlock', '-force', `${environmentId}/app`)
    directory.write('release', '')
    const { code, output } = await applying.ended
    expect(code).toBe(1)
    expect(shown(output)).toContain('the lock was broken in the meantime')
    await directory.must('state', 'push', 'errored.tfstate')
    expect(await directory.must('plan', '-input=false', '-no-color')).toContain('No changes')
  })

  it('I9: takes a state that is moved here or pushed, and none that is stale or of something else', async () => {
    await using scene = await openScene(tool)
    const { directory } = scene
    directory.write('main.tf', configurationOf())
    await directory.must('init', '-input=false')
    await directory.must(...apply)
    const local = JSON.parse(readFileSync(join(directory.path, 'terraform.tfstate'), 'utf8'))
    directory.write('main.tf', scene.configuration(name))
    await directory.must('init', '-migrate-state', '-force-copy', '-input=false')
    await scene.makeLocal('app')
    const moved = JSON.parse(await directory.must('state', 'pull'))
    // The tool gives a state that is new somewhere a lineage of its own.
    expect(moved.resources).toEqual(local.resources)
    expect(await directory.must('plan', '-input=false', '-no-color')).toContain('No changes')

    const push = async (values: object, ...options: string[]): Promise<number | null> => {
      directory.write('pushed.json', JSON.stringify({ ...moved, ...values }))
      return (await directory.run('state', 'push', ...options, 'pushed.json')).code
    }
    expect(await push({ serial: moved.serial - 1 })).toBe(1)
    expect(await push({ serial: moved.serial + 1, lineage: 'other' })).toBe(1)
    expect(JSON.parse(await directory.must('state', 'pull')).serial).toBe(moved.serial)
    expect(await push({ serial: moved.serial + 4 })).toBe(0)
    expect(await push({ serial: 2, lineage: 'other' }, '-force')).toBe(0)
    expect(JSON.parse(await directory.must('state', 'pull'))).toMatchObject({ lineage: 'other' })

    directory.write('main.tf', configurationOf())
    await directory.must('init', '-migrate-state', '-force-copy', '-input=false')
    const back = JSON.parse(readFileSync(join(directory.path, 'terraform.tfstate'), 'utf8'))
    expect(back.resources).toHaveLength(1)
  })

  it('gives each workspace of a prefix its own state', async () => {
    await using scene = await openScene(tool)
    const { directory } = scene
    directory.write('main.tf', scene.configuration('prefix = "svc-"'))
    expect((await directory.run('init', '-input=false')).output).toContain('No existing workspaces')
    for (const one of ['a', 'b']) {
      await directory.must('workspace', 'new', one)
      await scene.makeLocal(`svc-${one}`)
    }
    await directory.must(...apply)
    const listed = await directory.must('workspace', 'list')
    expect(
      listed
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['a', '* b'])
    await directory.must('workspace', 'select', 'a')
    expect(await directory.must('plan', '-input=false', '-no-color')).toContain('1 to add')
    await directory.must('workspace', 'select', 'b')
    await directory.must('workspace', 'delete', 'a')
    expect(await scene.workspace('svc-a')).toBeUndefined()
  })
})

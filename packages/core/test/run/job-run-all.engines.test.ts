import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { mergePlans } from '../../src/run/index.ts'
import { variable, type TestJobSpec } from '../support/job-spec.ts'
import type { RunningScript } from './support/run-job-script.ts'
import { noCaches, startWorkload, type StartWorkloadOptions } from './support/run-workload.ts'
import { findTools, installedShells } from './support/shells.ts'

const terragrunt = fileURLToPath(new URL('support/fake-run-all.sh', import.meta.url))
const tools = findTools()

/** Where the units keep their states: none of the control plane's business. */
let states: string

beforeEach(async () => {
  states = await mkdtemp(join(tmpdir(), 'unit-states-'))
})
afterEach(async () => {
  await rm(states, { recursive: true })
})

describe.skipIf(tools.length === 0).each(tools)('run-all over real $name', (tool) => {
  const unit = (name: string, body: string, after = ''): Record<string, string> => ({
    [`live/${name}/terragrunt.hcl`]: after,
    [`live/${name}/main.tf`]: `terraform {\n  backend "local" { path = "${states}/${name}.tfstate" }\n}\n${body}`,
  })
  const resource = 'resource "terraform_data" "x" { input = var.text }\nvariable "text" {}\n'
  const start = (
    options: Partial<StartWorkloadOptions> & {
      readonly run?: TestJobSpec['run']
      readonly env?: Readonly<Record<string, string>>
      readonly varFiles?: readonly string[]
    },
  ): Promise<RunningScript> => {
    const { run, env = {}, varFiles = [], ...rest } = options
    return startWorkload({
      prepared: {
        ...noCaches,
        tools: {
          [tool.name]: { kind: 'path', path: tool.path },
          terragrunt: { kind: 'path', path: terragrunt },
        },
      },
      ...rest,
      spec: {
        phase: rest.planned === undefined ? 'plan' : 'apply',
        ...(run === undefined ? {} : { run }),
        variables: [
          variable('text', 'hello'),
          ...Object.entries(env).map(([name, value]) =>
            variable(name, value, { category: 'shell' }),
          ),
        ],
        workspace: {
          workingDirectory: 'live',
          varFiles: [...varFiles],
          iacPlatform: tool.name === 'tofu' ? 'opentofu' : 'terraform',
          terragrunt: { version: null, useRunAll: true },
        },
      },
    })
  }
  const stateOf = async (name: string): Promise<{ readonly resources: readonly unknown[] }> =>
    JSON.parse(await readFile(join(states, `${name}.tfstate`), 'utf8')) as never

  it.each(installedShells())(
    'plans each unit, applies those plans, and destroys, in $name',
    async (shell) => {
      const configuration = {
        ...unit('vpc', resource),
        ...unit("ap'p/web", resource, '# after: vpc\n'),
        'live/common.tfvars': 'unused = 1\n',
      }
      const shared = { shell, configuration, varFiles: ['common.tfvars'] }
      await using plan = await start(shared)
      expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
      expect(plan.stages).toEqual(['prepare 0', 'init 0', 'plan 2', 'show 0', 'result 0'])
      expect(plan.output).toMatch(/^Plan: 2 to add, 0 to change, 0 to destroy\.$/mu)
      expect(existsSync(join(states, 'vpc.tfstate'))).toBe(false)
      const json = await readFile(
        join(plan.directory, "data/unit-plans/ap'p/web/plan.json"),
        'utf8',
      )
      const vpc = await readFile(join(plan.directory, 'data/unit-plans/vpc/plan.json'), 'utf8')
      const merged = JSON.parse(
        mergePlans([
          { unit: "ap'p/web", json },
          { unit: 'vpc', json: vpc },
        ]),
      ) as { readonly resource_changes: readonly unknown[] }
      expect(merged.resource_changes).toMatchObject([{ unit: "ap'p/web" }, { unit: 'vpc' }])

      await using apply = await start({ ...shared, planned: plan.directory })
      expect(await apply.ended, apply.output).toEqual({ exitCode: 0, signal: null })
      expect(apply.stages).toEqual(['prepare 0', 'init 0', 'apply 0', 'result 0'])
      expect(apply.output).toMatch(
        /^Apply complete! Resources: 2 added, 0 changed, 0 destroyed\.$(?![^]*Resources: )/mu,
      )
      expect((await stateOf('vpc')).resources).toHaveLength(1)

      const run = { isDestroy: true }
      await using removal = await start({ ...shared, run })
      expect((await removal.ended).exitCode, removal.output).toBe(0)
      expect(removal.output).toMatch(/^Plan: 0 to add, 0 to change, 2 to destroy\.$/mu)
      await using destroy = await start({ ...shared, run, planned: removal.directory })
      expect((await destroy.ended).exitCode, destroy.output).toBe(0)
      expect((await stateOf('vpc')).resources).toEqual([])

      await using again = await start({ ...shared, env: { FAKE_VERSION: '0.58.13' } })
      expect((await again.ended).exitCode, again.output).toBe(0)
      expect(again.output).toMatch(/^Plan: 2 to add/mu)
    },
  )

  it('tells changes from none, and lets Terragrunt ask the tool for outputs', async () => {
    await using change = await start({
      configuration: unit('one', 'output "o" { value = "x" }\n'),
      env: { FAKE_OUTPUTS: '1' },
    })
    await change.ended
    expect(change.stages, change.output).toContain('plan 2')
    await using nothing = await start({ configuration: unit('one', '# nothing\n') })
    await nothing.ended
    expect(nothing.stages, nothing.output).toContain('plan 0')
  })

  it('a unit that fails fails the job, also where Terragrunt ends with 0', async () => {
    for (const env of [{}, { FAKE_EXIT: '0' }]) {
      await using plan = await start({
        configuration: {
          ...unit('good', resource),
          ...unit('bad', 'resource "terraform_data" "x" { input = file("/no/such") }\n'),
        },
        env,
      })
      expect((await plan.ended).exitCode, plan.output).toBe(1)
      expect(plan.stages).toContain('plan 1')
      expect(plan.output).toContain(
        "Error: the unit 'bad' failed: its plan ended with exit code 1.",
      )
    }
    await using init = await start({
      configuration: unit('bad', 'module "m" { source = "./nowhere" }\n'),
      env: { FAKE_EXIT: '0' },
    })
    expect((await init.ended).exitCode, init.output).toBe(1)
    expect(init.output).toContain('Error: the init in ')
  })

  it('finds no unit; leaves none with changes out; applies none without a plan', async () => {
    await using empty = await start({ configuration: { 'live/main.tf': '' } })
    expect((await empty.ended).exitCode).toBe(78)
    expect(empty.output).toContain('found no unit')

    const configuration = unit('one', resource)
    await using plan = await start({ configuration })
    await plan.ended
    await using left = await start({
      configuration,
      planned: plan.directory,
      env: { FAKE_LEFT_OUT: 'one' },
    })
    expect((await left.ended).exitCode).toBe(1)
    expect(left.output).toContain("the unit 'one' was not applied, though its plan has changes")

    await using more = await start({
      configuration: { ...configuration, ...unit('new', resource) },
      planned: plan.directory,
    })
    expect((await more.ended).exitCode).toBe(1)
    expect(more.output).toContain("the unit 'new' has no plan in this run")
    expect(existsSync(join(states, 'new.tfstate'))).toBe(false)
    expect((await stateOf('one')).resources).toHaveLength(1)
  })

  it('I8, I9: one interrupt to each running tool; no further unit starts; states are kept', async () => {
    const waits = (name: string): string => `resource "terraform_data" "one" {}
resource "terraform_data" "two" {
  depends_on = [terraform_data.one]
  provisioner "local-exec" { command = "echo rescued ${name} > errored.tfstate; echo ${name} in flight; exec sleep 60" }
}
`
    const configuration = {
      ...unit('a', waits('a')),
      ...unit('b', waits('b')),
      ...unit('later', resource, '# after: a\n'),
    }
    await using plan = await start({ configuration })
    expect((await plan.ended).exitCode, plan.output).toBe(0)
    // As with units that wait for nothing but their turn.
    const env = { FAKE_GOES_ON: '1' }
    await using apply = await start({ configuration, planned: plan.directory, env })
    await apply.waitFor('a in flight\n')
    await apply.waitFor('b in flight\n')
    await apply.signal('SIGTERM')
    expect((await apply.ended).exitCode, apply.output).not.toBe(0)
    expect(apply.output.match(/Interrupt received\./gu)).toHaveLength(2)
    expect(apply.output).not.toContain('Two interrupts')
    expect(apply.output).not.toContain('terragrunt got a signal')
    for (const name of ['a', 'b']) {
      expect(JSON.stringify(await stateOf(name))).toContain('"one"')
      const kept = join(apply.directory, 'data/unit-states', name, 'errored.tfstate')
      expect(await readFile(kept, 'utf8')).toBe(`rescued ${name}\n`)
    }
    expect(existsSync(join(states, 'later.tfstate'))).toBe(false)
  })
})

describe('run-all', () => {
  const start = (spec: TestJobSpec): Promise<RunningScript> =>
    startWorkload({
      prepared: {
        ...noCaches,
        tools: { terragrunt: { kind: 'path', path: terragrunt } },
      },
      spec: { ...spec, workspace: { terragrunt: { version: null, useRunAll: true } } },
    })

  it.each(installedShells())(
    'I8: soft is one signal to the tool of each unit, however often it comes; hard is one more, in $name',
    async (shell) => {
      await using job = await startWorkload({
        shell,
        fake: { plan: { signals: 3 } },
        configuration: { 'one/terragrunt.hcl': '', 'two/terragrunt.hcl': '' },
        prepared: { ...noCaches, tools: { terragrunt: { kind: 'path', path: terragrunt } } },
        spec: { workspace: { terragrunt: { version: null, useRunAll: true } } },
      })
      const ready = async (text: string): Promise<void> => {
        while (job.output.split(text).length < 3) {
          await job.waitFor(text)
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      await ready('tool plan runs')
      await job.signal('SIGTERM')
      await ready('tool plan got signal 1')
      await job.signal('SIGTERM')
      await job.idle()
      expect(await job.signals()).toHaveLength(2)
      await job.signal('SIGQUIT')
      await ready('tool plan got signal 2')
      await job.idle()
      expect(await job.signals()).toHaveLength(4)
      expect(job.output).not.toContain('terragrunt got a signal')
    },
  )

  it('refuses what cannot work', async () => {
    await expect(start({ run: { targets: ['a.b'] } })).rejects.toThrow('targets or replacements')
    await expect(start({ run: { replacements: ['a.b'] } })).rejects.toThrow('replacements')
    for (const name of ['my-var', 'long']) {
      const value = name === 'long' ? 'x'.repeat(200_000) : 'x'
      await expect(start({ variables: [variable(name, value)] })).rejects.toThrow(
        `Cannot hand the variable "${name}" to the units`,
      )
    }
  })

  it('refuses a Terragrunt before 0.58.13', async () => {
    await using job = await start({
      variables: [variable('FAKE_VERSION', '0.58.12', { category: 'shell' })],
    })
    expect((await job.ended).exitCode).toBe(127)
    expect(job.output).toContain('is Terragrunt 0.58.12, and the first version')
  })
})

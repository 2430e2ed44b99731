import { existsSync } from 'node:fs'
import { lstat, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { JobVariable } from '../../src/protocol/index.ts'
import { variable, type TestJobSpec } from '../support/job-spec.ts'
import type { RunningScript } from './support/run-job-script.ts'
import { startWorkload, type StartWorkloadOptions } from './support/run-workload.ts'
import { findTools, installedShells, type TestTool } from './support/shells.ts'
import { startStateServer, type StateServer } from './support/state-server.ts'

interface Scene {
  readonly tool: TestTool
  readonly server: StateServer
  readonly configuration: Readonly<Record<string, string>>
  readonly variables: readonly JobVariable[]
  readonly workspace?: TestJobSpec['workspace']
  readonly shell?: StartWorkloadOptions['shell']
}

function start(scene: Scene, before?: RunningScript): Promise<RunningScript> {
  return startWorkload({
    tool: scene.tool,
    workloadUrl: scene.server.url,
    configuration: scene.configuration,
    ...(scene.shell === undefined ? {} : { shell: scene.shell }),
    ...(before === undefined ? {} : { planned: before.directory }),
    spec: {
      phase: before === undefined ? 'plan' : 'apply',
      variables: [...scene.variables],
      workspace: {
        iacPlatform: scene.tool.name === 'tofu' ? 'opentofu' : 'terraform',
        ...scene.workspace,
      },
    },
  })
}

/** Values of the variables as the plan has them. */
async function planned(job: RunningScript): Promise<Record<string, unknown>> {
  const text = await readFile(join(job.directory, 'data/plan.json'), 'utf8')
  const { variables } = JSON.parse(text) as { variables?: Record<string, { value: unknown }> }
  return Object.fromEntries(Object.entries(variables ?? {}).map(([key, { value }]) => [key, value]))
}

async function filesWith(directory: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = join(entry.parentPath, entry.name)
    if ((await readFile(file)).includes(text)) found.push(file)
  }
  return found
}

/** Arguments of every process of a group. */
async function argumentsOfGroup(group: number): Promise<string> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (stat.slice(stat.lastIndexOf(')')).split(' ')[3] !== String(group)) continue
    found.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
  }
  return found.join('\n')
}

const tools = findTools()

describe.skipIf(tools.length === 0).each(tools)('variables with real $name', (tool) => {
  it.each(installedShells())(
    'win over every file of the configuration, in $name',
    async (shell) => {
      await using server = await startStateServer()
      const scene: Scene = {
        tool,
        server,
        shell,
        configuration: {
          'env/main.tf':
            'variable "a" {}\nvariable "b" {}\nvariable "c" {}\nvariable "d" {}\nvariable "e" { default = "default" }\noutput "all" { value = [var.a, var.b, var.c, var.d, var.e] }\n',
          'env/terraform.tfvars': 'a = "file"\ne = "file"\n',
          'env/x.auto.tfvars': 'b = "file"\n',
          'common.tfvars': 'c = "file"\n',
        },
        workspace: { workingDirectory: 'env', varFiles: ['../common.tfvars'] },
        variables: ['a', 'b', 'c', 'd'].map((key) => variable(key, `workspace ${key}`)),
      }
      await using plan = await start(scene)
      expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
      expect(await planned(plan)).toEqual({
        a: 'workspace a',
        b: 'workspace b',
        c: 'workspace c',
        d: 'workspace d',
        e: 'file',
      })
      expect(plan.output).not.toContain('Warning')

      // OpenTofu compares what it is told by then with the plan.
      await using apply = await start(scene, plan)
      expect(await apply.ended, apply.output).toEqual({ exitCode: 0, signal: null })
      expect(apply.output).not.toContain('Warning')
    },
  )

  it('of every name, length and kind arrive as they are; none of the configuration warns of those it does not know', async () => {
    await using server = await startStateServer()
    const long = `${'ß" ${x} %{y}\n\t\\'.repeat(20_000)}end`
    await using plan = await start({
      tool,
      server,
      configuration: {
        'main.tf': `
variable "my-var" { type = string }
variable "größe" { type = number }
variable "long" { type = string }
variable "text" { type = string }
variable "list" { type = list(string) }
variable "untyped" {}
variable "hcl_text" { type = string }
variable "heredoc" { type = string }
variable "flag" { type = bool }
`,
      },
      variables: [
        variable('my-var', 'a "b" ${c}'),
        variable('größe', '3'),
        variable('long', long),
        variable('text', 'two\nlines $${x} `id` $(id) ☃'),
        variable('list', '["a", "b"]', { hcl: true }),
        variable('untyped', '{ a = [1, true, null] }', { hcl: true }),
        variable('hcl_text', '"quoted"', { hcl: true }),
        variable('heredoc', '<<-EOT\n  one\n    two\n  EOT', { hcl: true }),
        variable('flag', 'true'),
        variable('shared_by_many', 'unknown here'),
        variable('shared_hcl', '{}', { hcl: true }),
      ],
    })
    expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
    expect(await planned(plan)).toEqual({
      'my-var': 'a "b" ${c}',
      größe: '3',
      long,
      text: 'two\nlines $${x} `id` $(id) ☃',
      list: ['a', 'b'],
      untyped: { a: [1, true, null] },
      hcl_text: 'quoted',
      heredoc: 'one\n  two\n',
      flag: 'true',
    })
    expect(plan.output).not.toContain('Warning')
  })

  it('I12: a sensitive value is in no file and no argument, nor twice in the environment of the tool', async () => {
    await using server = await startStateServer()
    await using plan = await start({
      tool,
      server,
      configuration: {
        'main.tf':
          'variable "password" {\n  sensitive = true\n}\nvariable "my-key" {\n  sensitive = true\n}\n',
        'terraform.tfvars': 'password = "overridden"\n',
      },
      workspace: {
        hooks: {
          preInit: null,
          prePlan: 'echo "left: $(env | grep -c CANARY)"; env | grep "job_val[u]e"; ls -l ../data',
          postPlan: null,
          preApply: null,
          postApply: null,
        },
      },
      variables: [
        variable('password', 'sensitive-CANARY-dddd', { sensitive: true }),
        variable('my-key', 'sensitive-CANARY-eeee', { sensitive: true }),
      ],
    })
    expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
    // TF_VAR_password, and the tokens of the run.
    expect(plan.output).toContain('left: 3\n')
    expect(plan.output).not.toContain('job_value_')
    const json = join(plan.directory, 'data/plan.json')
    for (const secret of ['sensitive-CANARY-dddd', 'sensitive-CANARY-eeee']) {
      // The plan holds its variables; it is a zip, where the search does not see them.
      expect(await filesWith(plan.directory, secret)).toEqual([json])
    }
    expect(await readdir(join(plan.directory, 'data'))).not.toContain('variables.tfvars')
  })

  it('I12: while the tool runs, a sensitive value is in no file and in no argument', async () => {
    await using server = await startStateServer()
    await using plan = await start({
      tool,
      server,
      configuration: {
        'main.tf': `variable "my-key" {}
data "terraform_remote_state" "x" {
  backend = "http"
  config  = { address = "${server.url}/slow" }
}
`,
      },
      variables: [variable('my-key', 'sensitive-CANARY-ffff', { sensitive: true })],
    })
    await server.slowAsked
    const fifo = await lstat(join(plan.directory, 'data/variables.tfvars'))
    expect(fifo.isFIFO()).toBe(true)
    expect(await filesWith(plan.directory, 'sensitive-CANARY-ffff')).toEqual([])
    expect(await argumentsOfGroup(plan.pid)).toMatch(/-var-file=/u)
    expect(await argumentsOfGroup(plan.pid)).not.toContain('CANARY')
    await plan.signal('SIGQUIT')
    await plan.ended
    expect(existsSync(join(plan.directory, 'data/variables.tfvars'))).toBe(false)
  })

  it("an HCL value that means nothing ends the plan with the tool's own words, and nothing is left behind", async () => {
    await using server = await startStateServer()
    await using plan = await start({
      tool,
      server,
      configuration: { 'main.tf': 'variable "list" {\n  type = list(string)\n}\n' },
      variables: [variable('list', '[a b]', { hcl: true })],
    })
    expect((await plan.ended).exitCode).toBe(1)
    expect(plan.output).toMatch(/variables\.tfvars line 1[^]*list = \[a b\]/u)
    expect(plan.stages.at(-1)).toBe('result 1')
  })

  it.each(installedShells())(
    'are not waited for where the tool never reads them, in $name',
    async (shell) => {
      await using server = await startStateServer()
      await using plan = await start({
        shell,
        tool,
        server,
        configuration: { 'main.tf': 'variable "my-var" {}\nresource "x" {\n' },
        variables: [variable('my-var', 'x'.repeat(200_000))],
      })
      expect((await plan.ended).exitCode).toBe(1)
      expect(() => process.kill(-plan.pid, 0)).toThrow('ESRCH')
      expect(plan.output).not.toMatch(/killed|terminated/iu)
    },
  )
})

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { variable } from '../support/job-spec.ts'
import type { RunningScript } from './support/run-job-script.ts'
import { noCaches, startWorkload } from './support/run-workload.ts'
import { findTools, installedShells } from './support/shells.ts'
import { startStateServer } from './support/state-server.ts'

const terragrunt = fileURLToPath(new URL('support/fake-terragrunt.sh', import.meta.url))
const tools = findTools()

describe.skipIf(tools.length === 0).each(tools)('terragrunt with real $name below it', (tool) => {
  it.each(installedShells())('plans and applies one unit in its copy, in $name', async (shell) => {
    await using server = await startStateServer()
    const start = (planned?: RunningScript): Promise<RunningScript> =>
      startWorkload({
        shell,
        workloadUrl: server.url,
        configuration: {
          "un'it/main.tf": `variable "a" {}\nvariable "b" {}\nresource "terraform_data" "x" { input = "\${var.a} \${var.b}" }\noutput "text" { value = terraform_data.x.output }\n`,
          "un'it/terragrunt.hcl": '',
          "un'it/terraform.tfvars": 'a = "file"\n',
          'common.tfvars': 'b = "common"\n',
        },
        ...(planned === undefined ? {} : { planned: planned.directory }),
        prepared: {
          ...noCaches,
          tools: {
            [tool.name]: { kind: 'path', path: tool.path },
            terragrunt: { kind: 'path', path: terragrunt },
          },
        },
        spec: {
          phase: planned === undefined ? 'plan' : 'apply',
          variables: [variable('a', 'workspace')],
          workspace: {
            workingDirectory: "un'it",
            varFiles: ['../common.tfvars'],
            iacPlatform: tool.name === 'tofu' ? 'opentofu' : 'terraform',
            terragrunt: { version: '0.99.1', useRunAll: false },
          },
        },
      })
    await using plan = await start()
    expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
    expect(plan.stages).toEqual(['prepare 0', 'init 0', 'plan 2', 'show 0', 'result 0'])
    const json = await readFile(join(plan.directory, 'data/plan.json'), 'utf8')
    expect(json).toMatch(/^\{"format_version"[^]*workspace common/u)
    // Where another unit lies nothing was put.
    expect(await readFile(join(plan.directory, 'tmp/other'), 'utf8')).toBe('')

    await using apply = await start(plan)
    expect(await apply.ended, apply.output).toEqual({ exitCode: 0, signal: null })
    expect(apply.output).toContain('workspace common')
    expect(server.state()?.resources).toHaveLength(1)
  })

  it('I8: a soft interrupt goes once to the tool itself; the rescued state is found', async () => {
    await using server = await startStateServer()
    const start = (planned?: RunningScript): Promise<RunningScript> =>
      startWorkload({
        workloadUrl: server.url,
        configuration: {
          'unit/main.tf': `resource "terraform_data" "one" { input = "done" }
resource "terraform_data" "two" {
  depends_on = [terraform_data.one]
  provisioner "local-exec" { command = "echo rescued > errored.tfstate; echo in flight; exec sleep 60" }
}
`,
        },
        ...(planned === undefined ? {} : { planned: planned.directory }),
        prepared: {
          ...noCaches,
          tools: {
            [tool.name]: { kind: 'path', path: tool.path },
            terragrunt: { kind: 'path', path: terragrunt },
          },
        },
        spec: {
          phase: planned === undefined ? 'plan' : 'apply',
          workspace: {
            workingDirectory: 'unit',
            iacPlatform: tool.name === 'tofu' ? 'opentofu' : 'terraform',
            terragrunt: { version: null, useRunAll: false },
          },
        },
      })
    await using plan = await start()
    expect((await plan.ended).exitCode, plan.output).toBe(0)
    await using apply = await start(plan)
    await apply.waitFor('in flight\n')
    await apply.signal('SIGTERM')
    expect((await apply.ended).exitCode).not.toBe(0)
    expect(apply.output).toMatch(/Interrupt received\./u)
    expect(apply.output).not.toContain('terragrunt got a signal')
    expect(JSON.stringify(server.state())).toContain('"one"')
    expect(server.locked()).toBe(false)
    expect(existsSync(join(apply.directory, 'workdir/unit/errored.tfstate'))).toBe(true)
  })
})

describe('terragrunt', () => {
  it('that the workspace wants and nobody has is asked for', async () => {
    await using job = await startWorkload({
      prepared: { ...noCaches, tools: { terragrunt: { kind: 'lookup', version: '0.99.1' } } },
      spec: { workspace: { terragrunt: { version: '0.99.1', useRunAll: false } } },
    })
    await job.ended
    expect(job.output).toContain('terragrunt was not found in PATH')
  })
})

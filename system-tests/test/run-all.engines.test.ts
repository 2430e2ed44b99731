import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { archiveOf } from './support/archive.ts'
import { LocalAgent } from './support/local-agent.ts'
import { realOpa } from './support/opa.ts'
import { Platform } from './support/platform.ts'
import { realTools } from './support/tools.ts'

/** Behaves as Terragrunt's documentation says; the real one cannot be had where the tests run. */
const terragrunt = fileURLToPath(
  new URL('../../packages/core/test/run/support/fake-run-all.sh', import.meta.url),
)
const opa = realOpa('run-all')
const canary = 'unit-CANARY-7731'

const noData = `package terraform
deny contains msg if {
  some change in input.tfplan.resource_changes
  change.type == "terraform_data"
  msg := sprintf("%s of %s: %s", [change.address, change.unit, change.change.after.input.secret])
}
`

describe.skipIf(opa === undefined).each(realTools())('run-all of units of $iac', (tool) => {
  it('goes from plan by policies to apply and destroy, each unit with its own state', async () => {
    await using platform = await Platform.start()
    const { client, directory } = platform
    await using _agent = await LocalAgent.start(platform, tool, {
      tools: { [tool.iac]: tool.path, terragrunt, ...(opa === undefined ? {} : { opa }) },
    })
    const unit = (name: string, after = ''): Readonly<Record<string, string>> => ({
      [`live/${name}/terragrunt.hcl`]: after,
      [`live/${name}/main.tf`]: `
terraform {
  backend "local" { path = "${directory}/${name}.tfstate" }
}
variable "secret" {
  type      = string
  sensitive = true
}
resource "terraform_data" "one" {
  input = { secret = var.secret }
}
`,
    })
    const workspace = await platform.workspace({
      iac: tool.iac,
      files: { ...unit('vpc'), ...unit('app/web', '# after: vpc\n') },
      variables: [{ key: 'secret', value: canary, sensitive: true }],
      autoApply: true,
      attributes: {
        workingDirectory: 'live',
        terragrunt: { version: '0.99.1', useRunAll: true, includeExternalDependencies: false },
      },
    })
    const group = await client.policyGroups.create({ name: 'group' })
    await client.policyGroups.upload(
      group,
      await archiveOf({
        'scalr-policy.hcl':
          'version = "v1"\npolicy "data" {\n  enabled = true\n  enforcement_level = "advisory"\n}\n',
        'data.rego': noData,
      }),
    )
    await client.policyGroups.link(group.id, [workspace.environmentId])

    const counts = async (isDestroy: boolean) => {
      const { id } = await client.runs.create({ workspaceId: workspace.id, isDestroy })
      const run = await platform.untilStatus(id, 'applied')
      const plan = await client.plans.get(run.planId ?? '')
      const apply = await client.applies.get(run.applyId ?? '')
      expect(await platform.logs(run)).not.toContain(canary)
      return {
        run,
        counts: [plan, apply].map((phase) => [phase.resourceAdditions, phase.resourceDestructions]),
      }
    }
    const made = await counts(false)
    expect(made.counts).toEqual([
      [2, 0],
      [2, 0],
    ])
    const checks: unknown[] = []
    for await (const check of client.policyChecks.ofRun(made.run.id)) {
      checks.push(check.result?.policies)
    }
    expect(checks).toMatchObject([
      [
        {
          result: 'advisory_failed',
          messages: [
            'terraform_data.one of app/web: ***************',
            'terraform_data.one of vpc: ***************',
          ],
        },
      ],
    ])
    for (const name of ['vpc', 'app/web']) {
      expect(await readFile(join(directory, `${name}.tfstate`), 'utf8')).toContain(canary)
    }
    // Nothing went to the workspace's own state.
    await expect(client.workspaces.currentStateVersion(workspace.id)).rejects.toMatchObject({
      status: 404,
    })
    expect((await counts(true)).counts).toEqual([
      [0, 2],
      [0, 2],
    ])
    expect(existsSync(join(directory, 'vpc.tfstate'))).toBe(true)
    expect(await readFile(join(directory, 'vpc.tfstate'), 'utf8')).not.toContain(canary)
  })
})

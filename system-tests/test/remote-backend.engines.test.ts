import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { anyRealTool, realTools, type Tool } from './support/tools.ts'

anyRealTool('runs that the tool drives')

/** A directory of somebody who works with the tool. Their `backend "remote"` stands in the configuration of the jobs, too. */
async function makeDirectory(
  platform: Platform,
  tool: Tool,
  workspace: { readonly name: string; readonly environmentId: string },
) {
  const directory = join(platform.directory, `user-${tool.iac}`)
  await mkdir(directory)
  const { host } = new URL(platform.url)
  await writeFile(
    join(directory, 'cli.rc'),
    `credentials "${host}" { token = "${platform.ownerToken}" }\n`,
  )
  await writeFile(
    join(directory, 'main.tf'),
    `terraform {
       backend "remote" {
         hostname     = "${host}"
         organization = "${workspace.environmentId}"
         workspaces { name = "${workspace.name}" }
       }
     }
     resource "terraform_data" "one" { input = "one" }
     output "text" { value = terraform_data.one.output }\n`,
  )
  return (...args: readonly string[]) =>
    new Promise<{ readonly code: number | null; readonly output: string }>((resolve, reject) => {
      const child = spawn(tool.path, [...args, '-no-color'], {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          HOME: directory,
          CHECKPOINT_DISABLE: '1',
          TF_CLI_CONFIG_FILE: join(directory, 'cli.rc'),
          SSL_CERT_FILE: platform.caCertPath,
        },
      })
      const chunks: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }))
    })
}

describe.each(realTools())('backend "remote" with $iac', (tool) => {
  it('plans and applies at a real agent, whose tool writes the state', async () => {
    await using platform = await Platform.start({}, { tls: 'own-ca' })
    const { caCertPath, client } = platform
    await using _agent = await LocalAgent.start(platform, tool, { caCert: caCertPath })
    const workspace = await platform.workspace({ iac: tool.iac })
    const run = await makeDirectory(platform, tool, workspace)
    expect(await run('init', '-input=false')).toMatchObject({ code: 0 })
    const plan = await run('plan', '-input=false')
    expect(plan.output).toContain('Plan: 1 to add, 0 to change, 0 to destroy.')
    expect(plan.code).toBe(0)
    const apply = await run('apply', '-input=false', '-auto-approve')
    expect(apply.output).toContain('Apply complete! Resources: 1 added')
    expect(apply.code).toBe(0)
    expect((await run('output', '-raw', 'text')).output).toBe('one')
    const state = await client.workspaces.currentStateVersion(workspace.id)
    expect(state.runId).not.toBeNull()
    const ended: [string, boolean | null][] = []
    for await (const { status, isDry } of client.runs.list({
      filter: { workspace: workspace.id },
    })) {
      ended.push([status, isDry])
    }
    expect(ended).toEqual([
      ['applied', false],
      ['planned_and_finished', true],
    ])
  })
})

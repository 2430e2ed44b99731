import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { constants, inflateRawSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { createJobEnvironment, readPlanSummary, summarizeApply } from '../../src/run/index.ts'
import { createReadStream } from 'node:fs'
import type { JobVariable } from '../../src/protocol/index.ts'
import { temporaryDirectory } from '../logs/support/temporary-directory.ts'
import { makeJobSpec, runToken, variable } from '../support/job-spec.ts'
import { startJobScript, type StartOptions } from './support/run-job-script.ts'
import { findTools, type TestTool } from './support/shells.ts'
import { startStateServer, type StateServer } from './support/state-server.ts'

const tools = findTools()

const shell = { name: 'sh', argv: ['/bin/sh'] } as const

function startWith(
  tool: TestTool,
  server: StateServer,
  options: Partial<StartOptions> & { readonly variables?: readonly JobVariable[] } = {},
): ReturnType<typeof startJobScript> {
  const { env, secretEnv, fileVariables } = createJobEnvironment({
    spec: makeJobSpec({
      phase: options.script?.phase ?? 'plan',
      variables: [
        ...(options.variables ?? [
          variable('name', 'hello'),
          variable('tags', '{ a = "b" }', { hcl: true }),
          variable('secret', 'sensitive-CANARY-cccc', { sensitive: true }),
        ]),
      ],
    }),
    workloadUrl: server.url,
  })
  return startJobScript({
    shell,
    ...options,
    script: {
      tool: { name: tool.name, location: { kind: 'path', path: tool.path } },
      fileVariables,
      ...options.script,
    },
    env: { ...env, ...secretEnv, ...options.env },
  })
}

const configuration = `
variable "name" { type = string }
variable "tags" { type = map(string) }
variable "secret" {
  type      = string
  sensitive = true
}
resource "terraform_data" "one" { input = "\${var.name} \${var.tags["a"]}" }
output "text" { value = terraform_data.one.output }
`

/** "one" is done at once; "two" is in flight when the interrupt comes. */
const slowConfiguration = (seconds: number): string => `
resource "terraform_data" "one" { input = "done" }
resource "terraform_data" "two" {
  depends_on = [terraform_data.one]
  provisioner "local-exec" { command = "echo in flight; exec sleep ${seconds}" }
}
`

describe.skipIf(tools.length === 0).each(tools)('the job script with real $name', (tool) => {
  it('plans and applies; the token is in no file of the job directory', async () => {
    await using server = await startStateServer()
    await using plan = await startWith(tool, server, {
      files: { 'workdir/main.tf': configuration },
    })
    expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
    expect(plan.stages).toEqual(['prepare 0', 'init 0', 'plan 2', 'show 0', 'result 0'])
    const json = createReadStream(join(plan.directory, 'data/plan.json'))
    expect(await readPlanSummary(json)).toEqual({
      resources: { additions: 1, changes: 0, destructions: 0 },
    })

    await using apply = await startWith(tool, server, {
      script: { phase: 'apply' },
      directory: plan.directory,
      files: { 'workdir/main.tf': configuration },
    })
    expect(await apply.ended, apply.output).toEqual({ exitCode: 0, signal: null })
    expect(apply.stages).toEqual(['prepare 0', 'init 0', 'apply 0', 'result 0'])
    expect(apply.output).toContain('hello b')
    expect(summarizeApply(apply.output)).toEqual({ additions: 1, changes: 0, destructions: 0 })
    expect(server.state()?.resources).toHaveLength(1)
    expect([...server.credentials]).toEqual([`run:${runToken}`])
    expect(await filesWith(plan.directory, runToken)).toEqual([])
    // The search does look into the plan: a saved plan holds the values of its variables.
    const planFile = join(plan.directory, 'data/terraform.tfplan.bin')
    expect(await filesWith(plan.directory, 'sensitive-CANARY-cccc')).toContain(planFile)
  })

  it('tells a plan without changes from one with changes', async () => {
    await using server = await startStateServer()
    await using plan = await startWith(tool, server, { files: { 'workdir/main.tf': '' } })
    await plan.ended
    expect(plan.stages).toEqual(['prepare 0', 'init 0', 'plan 0', 'show 0', 'result 0'])
  })

  it("shows the tool's own message for a broken configuration and keeps its exit code", async () => {
    await using server = await startStateServer()
    await using plan = await startWith(tool, server, { files: { 'workdir/main.tf': 'resource {' } })
    expect(await plan.ended).toEqual({ exitCode: 1, signal: null })
    expect(plan.stages).toEqual(['prepare 0', 'init 1', 'result 1'])
    expect(plan.output).toContain('main.tf line 1')
  })

  it.each([
    ['a local backend', 'terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n'],
    [
      'a cloud block',
      'terraform {\n  cloud {\n    organization = "x"\n    workspaces {\n      name = "y"\n    }\n  }\n}\n',
    ],
  ])('replaces %s of the configuration', async (_what, backend) => {
    await using server = await startStateServer()
    await using plan = await startWith(tool, server, {
      files: { 'workdir/main.tf': '', 'workdir/backend.tf': backend },
    })
    expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
    expect(server.credentials.size).toBe(1)
  })

  it.each([
    ['another backend', 'terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n'],
    [
      'another address',
      'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/x"\n  }\n}\n',
    ],
    [
      'no verified TLS',
      'terraform {\n  backend "http" {\n    skip_cert_verification = true\n  }\n}\n',
    ],
  ])('I9: stops at an override file that selects %s', async (_what, backend) => {
    await using server = await startStateServer()
    await using elsewhere = await startStateServer()
    await using plan = await startWith(tool, server, {
      files: {
        'workdir/main.tf': '',
        'workdir/zz_override.tf': backend.replace('http://127.0.0.1:9', elsewhere.url),
      },
    })
    expect(await plan.ended).toEqual({ exitCode: 78, signal: null })
    expect(plan.output).toContain('selects another backend')
  })

  it('I9: stops at arguments of the environment that lead the state elsewhere', async () => {
    await using server = await startStateServer()
    await using elsewhere = await startStateServer()
    await using plan = await startWith(tool, server, {
      files: { 'workdir/main.tf': '' },
      env: { TF_CLI_ARGS_init: `-backend-config=address=${elsewhere.url}/x` },
    })
    expect(await plan.ended).toEqual({ exitCode: 78, signal: null })
    expect(plan.stages).toEqual(['prepare 0', 'init 78', 'result 78'])
  })

  it('knows its backend also where TF_DATA_DIR is an absolute path', async () => {
    await using server = await startStateServer()
    await using data = await temporaryDirectory()
    await using plan = await startWith(tool, server, {
      files: { 'workdir/main.tf': '' },
      env: { TF_DATA_DIR: join(data.path, 'tf') },
    })
    expect(await plan.ended, plan.output).toEqual({ exitCode: 0, signal: null })
  })

  it('I8: one soft interrupt is graceful: the finished resource is in the state, the lock is free', async () => {
    await using server = await startStateServer()
    const files = { 'workdir/main.tf': slowConfiguration(60) }
    await using plan = await startWith(tool, server, { files })
    await plan.ended
    await using apply = await startWith(tool, server, {
      script: { phase: 'apply' },
      directory: plan.directory,
      files,
    })
    await apply.waitFor('in flight\n')
    await apply.signal('SIGTERM')
    await apply.signal('SIGTERM')
    const { exitCode } = await apply.ended
    expect(exitCode).toBe(1)
    expect(apply.output).toMatch(/Interrupt received\./u)
    expect(apply.output).not.toMatch(/Two interrupts/u)
    expect(JSON.stringify(server.state())).toContain('"one"')
    expect(server.locked()).toBe(false)
  })

  it('hard without soft before aborts a tool that would wait for what is in flight', async () => {
    await using server = await startStateServer()
    const reading = `data "terraform_remote_state" "x" {
  backend = "http"
  config  = { address = "${server.url}/slow" }
}`
    await using plan = await startWith(tool, server, { files: { 'workdir/main.tf': reading } })
    await server.slowAsked
    await plan.signal('SIGQUIT')
    expect((await plan.ended).exitCode).toBe(1)
    expect(plan.output).toMatch(/Two interrupts received/u)
    expect(plan.stages).toEqual(['prepare 0', 'init 0', 'plan 1', 'result 1'])
  })
})

/** Files below a directory that hold that text, also inside of zip archives. */
async function filesWith(directory: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = join(entry.parentPath, entry.name)
    const bytes = await readFile(file)
    if (bytes.includes(text) || inflatedParts(bytes).some((part) => part.includes(text))) {
      found.push(file)
    }
  }
  return found
}

/** What the deflated members of a zip hold; a plan file is one. */
function inflatedParts(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = []
  const header = Buffer.from('PK\u0003\u0004')
  for (let at = bytes.indexOf(header); at !== -1; at = bytes.indexOf(header, at + 4)) {
    const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
    if (bytes.readUInt16LE(at + 8) === 8) {
      const next = bytes.indexOf('PK', start)
      parts.push(
        inflateRawSync(bytes.subarray(start, next), { finishFlush: constants.Z_SYNC_FLUSH }),
      )
    }
  }
  return parts
}

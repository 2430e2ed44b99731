import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LocalAgent } from './support/local-agent.ts'
import { Platform, type WorkspaceOptions } from './support/platform.ts'
import { realTools } from './support/tools.ts'

/** Every kind of variable, told back by an output, which the API shows as it arrived. */
const configuration = `
variable "string" { type = string }
variable "number" { type = number }
variable "bool" { type = bool }
variable "any" {}
variable "list" { type = list(string) }
variable "object" { type = object({ name = string, sizes = list(number) }) }
variable "lines" { type = string }
variable "unicode" { type = string }
variable "template" { type = string }
variable "with-hyphen" { type = string }
variable "large" { type = string }
variable "secret" {
  type      = string
  sensitive = true
}

output "all" {
  value = {
    string   = var.string
    number   = var.number + 1
    bool     = !var.bool
    any      = var.any
    list     = var.list
    object   = var.object
    lines    = var.lines
    unicode  = var.unicode
    template = var.template
    hyphen   = var.with-hyphen
    large    = length(var.large)
    secret   = sha256(nonsensitive(var.secret))
  }
}
`

const secret = `hunter2 "quoted" \${not.a.reference} 'single' \\ back`
const large = 'x'.repeat(60_000)
const lines = 'first\n  second "quoted"\n\tthird $HOME `date` $(date)\n'

const everyKind: WorkspaceOptions['variables'] = [
  { key: 'string', value: 'plain' },
  { key: 'number', value: '41' },
  { key: 'bool', value: 'true' },
  { key: 'any', value: 'anything' },
  { key: 'list', value: '["a", "b"]', hcl: true },
  { key: 'object', value: '{\n  name  = "x"\n  sizes = [1, 2]\n}', hcl: true },
  { key: 'lines', value: lines },
  { key: 'unicode', value: 'žluťoučký 🐎 日本語' },
  { key: 'template', value: '${path.module} %{ if true } $${escaped}' },
  { key: 'with-hyphen', value: 'hyphen' },
  { key: 'large', value: large },
  { key: 'secret', value: secret, sensitive: true },
]

const oneText = `
variable "text" {
  type    = string
  default = "default"
}

output "text" {
  value = var.text
}
`

describe.each(realTools())('variables of a workspace with real $iac', (tool) => {
  const { iac } = tool
  let platform: Platform
  let agent: LocalAgent

  beforeAll(async () => {
    platform = await Platform.start()
    agent = await LocalAgent.start(platform, tool)
  })

  afterAll(async () => {
    await agent[Symbol.asyncDispose]()
    await platform[Symbol.asyncDispose]()
  })

  async function outputsOf(options: Omit<WorkspaceOptions, 'iac' | 'autoApply'>) {
    const workspace = await platform.workspace({ iac, autoApply: true, ...options })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(id, 'applied')
    const outputs = await platform.client.workspaces.outputs(workspace.id)
    return Object.fromEntries(outputs.map(({ name, value }) => [name, value]))
  }

  it('arrive as they were set, whatever their type and text', async () => {
    const { createHash } = await import('node:crypto')
    const { all } = await outputsOf({ files: { 'main.tf': configuration }, variables: everyKind })
    expect(all).toEqual({
      string: 'plain',
      number: 42,
      bool: false,
      any: 'anything',
      list: ['a', 'b'],
      object: { name: 'x', sizes: [1, 2] },
      lines,
      unicode: 'žluťoučký 🐎 日本語',
      template: '${path.module} %{ if true } $${escaped}',
      hyphen: 'hyphen',
      large: 60_000,
      secret: createHash('sha256').update(secret).digest('hex'),
    })
  })

  it.each([
    ['terraform.tfvars', {}],
    ['zzz.auto.tfvars', {}],
    ['of-the-run.tfvars', { varFiles: ['of-the-run.tfvars'] }],
  ] as const)('come before %s', async (file, attributes) => {
    const files = { 'main.tf': oneText, [file]: 'text = "of the file"\n' }
    expect(await outputsOf({ files, attributes })).toEqual({ text: 'of the file' })
    const variables = [{ key: 'text', value: 'of the workspace' }]
    expect(await outputsOf({ files, attributes, variables })).toEqual({ text: 'of the workspace' })
  })

  it('of the shell reach hooks and tool', async () => {
    const workspace = await platform.workspace({
      iac,
      files: { 'main.tf': oneText },
      variables: [
        { key: 'GREETING', value: 'from the shell', category: 'shell' },
        { key: 'TF_CLI_ARGS_plan', value: '-parallelism=1', category: 'shell' },
        { key: 'TF_VAR_text', value: 'by the environment', category: 'shell' },
      ],
      hooks: {
        preInit: 'echo "$GREETING"',
        prePlan: null,
        postPlan: null,
        preApply: null,
        postApply: null,
      },
      autoApply: true,
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'applied')
    expect(await platform.logs(run)).toContain('from the shell')
    const outputs = await platform.client.workspaces.outputs(workspace.id)
    expect(outputs).toMatchObject([{ name: 'text', value: 'by the environment' }])
  })

  it('HCL that does not parse ends the run with one line that names the variable alone', async () => {
    const workspace = await platform.workspace({
      iac,
      files: { 'main.tf': configuration },
      variables: [
        ...(everyKind ?? []).filter(({ key }) => key !== 'list'),
        { key: 'list', value: '["hunter3", ', hcl: true, sensitive: true },
      ],
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')
    expect(`${run.errorMessage}${await platform.logs(run)}`).toMatch(/list/u)
    expect(`${run.errorMessage}${await platform.logs(run)}`).not.toContain('hunter3')
  })

  it('runs below a working directory, which reaches modules beside it', async () => {
    const files = {
      'live/main.tf': `module "one" { source = "../modules/one" }\noutput "text" { value = module.one.text }\n`,
      'modules/one/main.tf': 'output "text" { value = "of the module" }\n',
    }
    const attributes = { workingDirectory: 'live' }
    expect(await outputsOf({ files, attributes })).toEqual({ text: 'of the module' })
  })

  it.each([
    ['nowhere', /working directory 'nowhere' does not exist/u],
    ['../outside', /working directory .*leaves the configuration/u],
  ])('a working directory %s ends the run with one clear line', async (workingDirectory, says) => {
    const workspace = await platform
      .workspace({ iac, files: { 'main.tf': oneText }, attributes: { workingDirectory } })
      .catch((error: unknown) => error)
    // What the control plane refuses at once need not be run to fail.
    if (workspace instanceof Error) {
      expect(workspace.message).toMatch(/working.directory/iu)
      return
    }
    const { id } = await platform.client.runs.create({
      workspaceId: (workspace as { id: string }).id,
    })
    const run = await platform.untilStatus(id, 'errored')
    expect(`${run.errorMessage}\n${await platform.logs(run)}`).toMatch(says)
  })
})

import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions, BenchResult } from './bench.ts'
import { BenchPlatform, layOut } from './platform/bench-platform.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { median, rounded } from './statistics.ts'

const execute = promisify(execFile)
const defaultRounds = 5
const targetRatio = 1.1
const pathVariable = process.env['PATH'] ?? '/usr/bin:/bin'

/** What is run: with next to no work, where all is overhead, and with a wait as a cloud's API has one. */
const sizes = [
  { name: 'no waiting', waitSeconds: 0 },
  { name: 'one resource of 5 s', waitSeconds: 5 },
] as const

/** Resources that need no provider to be downloaded, in a module that is used eight times. */
function configurationOf(waitSeconds: number): Readonly<Record<string, string>> {
  return {
    'main.tf': `
module "part" {
  source   = "./part"
  for_each = toset(["a", "b", "c", "d", "e", "f", "g", "h"])
  name     = each.key
}

resource "terraform_data" "step" {
  input = [for part in module.part : part.id]

  provisioner "local-exec" {
    command = "echo waiting; sleep ${waitSeconds}"
  }
}

output "ids" {
  value = [for part in module.part : part.id]
}
`,
    'part/main.tf': `
variable "name" {
  type = string
}

resource "terraform_data" "one" {
  input = var.name
}

resource "terraform_data" "two" {
  input = terraform_data.one.output
}

output "id" {
  value = terraform_data.two.id
}
`,
  }
}

/**
 * A whole plan and apply: from asking for the run until its apply was reported. Beside it the bare
 * commands that do the same work, with the same control plane as their `http` backend: one after the
 * other, each on a workspace of its own.
 */
export async function runWholeRun(options: BenchOptions): Promise<BenchResult> {
  const tool = await findTool()
  if (tool === undefined) return { skipped: 'neither terraform nor tofu is in PATH' }
  await using platform = await BenchPlatform.start({
    tools: { [tool.iac]: tool.path },
    jobMemoryBytes: 512 * 1024 ** 2,
    // The bare commands have the whole machine.
    jobCpus: availableParallelism(),
  })
  const figures: BenchFigure[] = []
  for (const size of sizes) figures.push(...(await measure(platform, tool, size, options)))
  return figures
}

async function measure(
  platform: BenchPlatform,
  tool: Tool,
  size: (typeof sizes)[number],
  options: BenchOptions,
): Promise<readonly BenchFigure[]> {
  const files = configurationOf(size.waitSeconds)
  const rounds = options.rounds ?? defaultRounds
  const viaAgent: number[] = []
  const bare: number[] = []
  // One more than counts, to warm up the caches of both.
  for (let round = 0; round <= rounds; round += 1) {
    const bareMs = await runBare(platform, tool, files)
    const agentMs = await runViaAgent(platform, tool, files)
    const name = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
    options.onProgress(
      `${size.name}, ${name}: bare ${rounded(bareMs, 0)} ms, agent ${rounded(agentMs, 0)} ms`,
    )
    if (round === 0) continue
    bare.push(bareMs)
    viaAgent.push(agentMs)
  }
  const value = rounded(median(viaAgent), 0)
  const peer = rounded(median(bare), 0)
  const ratio = rounded(value / peer, 3)
  return [
    {
      bench: 'run',
      figure: `${tool.iac} plan and apply, ${size.name}, median of ${rounds}`,
      value,
      unit: 'ms',
      peer,
      ratio,
      target: targetRatio,
      targetOf: 'ratio',
      ok: ratio <= targetRatio,
    },
  ]
}

interface Tool {
  readonly iac: 'terraform' | 'opentofu'
  readonly path: string
}

async function findTool(): Promise<Tool | undefined> {
  for (const [iac, name] of [
    ['terraform', 'terraform'],
    ['opentofu', 'tofu'],
  ] as const) {
    for (const directory of pathVariable.split(delimiter)) {
      const path = join(directory, name)
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (isThere) return { iac, path }
    }
  }
  return undefined
}

async function runViaAgent(
  platform: BenchPlatform,
  tool: Tool,
  configuration: Readonly<Record<string, string>>,
): Promise<number> {
  const { id } = await platform.workspace(configuration, {
    autoApply: true,
    iacPlatform: tool.iac,
  })
  const started = nowNs()
  await platform.client.runs.create({ workspaceId: id })
  for (;;) {
    const { phase, result, jobId, moments } = await platform.agent.next('ended')
    if (result !== 'succeeded') throw new Error(`The ${phase} ${jobId} ended ${result}`)
    if (phase === 'apply' && moments.ended !== undefined) return msBetween(started, moments.ended)
  }
}

/** What the stages of a plan and an apply run, each phase in a directory of its own. */
async function runBare(
  platform: BenchPlatform,
  tool: Tool,
  configuration: Readonly<Record<string, string>>,
): Promise<number> {
  const { id } = await platform.workspace({ 'main.tf': '' }, { iacPlatform: tool.iac })
  const backend = 'terraform {\n  backend "http" {}\n}\n'
  const phases = {
    plan: join(platform.directory, id, 'p'),
    apply: join(platform.directory, id, 'a'),
  }
  const files = { ...configuration, 'backend_override.tf': backend }
  for (const directory of Object.values(phases)) await layOut(files, directory)
  const planFile = join(platform.directory, id, 'plan.bin')
  const cli = async (cwd: string, ...args: readonly string[]): Promise<void> => {
    await execute(tool.path, args, { cwd, env: bareEnvironment(platform, id), maxBuffer: 1e8 })
  }
  const started = nowNs()
  const common = ['-input=false', '-no-color']
  await cli(phases.plan, 'init', ...common)
  await cli(phases.plan, 'plan', ...common, `-out=${planFile}`)
  await cli(phases.plan, 'show', '-json', '-no-color', planFile)
  await cli(phases.apply, 'init', ...common)
  await cli(phases.apply, 'apply', ...common, planFile)
  return msBetween(started, nowNs())
}

/** The backend's settings as a job gets them, with a user's token instead of the run's. */
function bareEnvironment(platform: BenchPlatform, workspaceId: string): NodeJS.ProcessEnv {
  const state = `${platform.url}/api/agent/v1/state/${workspaceId}`
  return {
    PATH: pathVariable,
    HOME: platform.directory,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_HTTP_ADDRESS: state,
    TF_HTTP_LOCK_ADDRESS: state,
    TF_HTTP_UNLOCK_ADDRESS: state,
    TF_HTTP_UPDATE_METHOD: 'POST',
    TF_HTTP_LOCK_METHOD: 'LOCK',
    TF_HTTP_UNLOCK_METHOD: 'UNLOCK',
    TF_HTTP_USERNAME: 'bench',
    TF_HTTP_PASSWORD: platform.ownerToken,
  }
}

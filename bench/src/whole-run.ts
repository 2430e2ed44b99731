import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

import type { BenchOptions, BenchResult } from './bench.ts'
import { BenchPlatform } from './platform/bench-platform.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { backendVariables, layOutPhases } from './whole-run/bare-phases.ts'
import { findTool, type Tool } from './whole-run/find-tool.ts'
import { measureWholeRun } from './whole-run/measure-whole-run.ts'
import { runViaAgent } from './whole-run/run-via-agent.ts'

const execute = promisify(execFile)
const pathVariable = process.env['PATH'] ?? '/usr/bin:/bin'

/**
 * A whole plan and apply: from asking for the run until its apply was reported. Beside it the bare
 * commands that do the same work, with the same control plane as their `http` backend: one after the
 * other, each on a workspace of its own.
 */
export async function runWholeRun(options: BenchOptions): Promise<BenchResult> {
  const tool = await findTool(pathVariable)
  if (tool === undefined) return { skipped: 'neither terraform nor tofu is in PATH' }
  await using platform = await BenchPlatform.start({
    tools: { [tool.iac]: tool.path },
    jobMemoryBytes: 512 * 1024 ** 2,
    // The bare commands have the whole machine.
    jobCpus: availableParallelism(),
  })
  return await measureWholeRun(
    { name: 'run', subject: `${tool.iac} plan and apply` },
    {
      viaAgent: (configuration) => runViaAgent(platform, tool.iac, configuration),
      bare: (configuration) => runBare(platform, tool, configuration),
    },
    options,
  )
}

/** What the stages of a plan and an apply run, each phase in a directory of its own. */
async function runBare(
  platform: BenchPlatform,
  tool: Tool,
  configuration: Readonly<Record<string, string>>,
): Promise<number> {
  const phases = await layOutPhases(platform, tool.iac, configuration)
  const env = {
    PATH: pathVariable,
    HOME: platform.directory,
    ...backendVariables(platform, platform.url, phases.workspaceId),
  }
  const cli = async (cwd: string, ...args: readonly string[]): Promise<void> => {
    await execute(tool.path, args, { cwd, env, maxBuffer: 1e8 })
  }
  const started = nowNs()
  const common = ['-input=false', '-no-color']
  await cli(phases.plan, 'init', ...common)
  await cli(phases.plan, 'plan', ...common, `-out=${phases.planFile}`)
  await cli(phases.plan, 'show', '-json', '-no-color', phases.planFile)
  await cli(phases.apply, 'init', ...common)
  await cli(phases.apply, 'apply', ...common, phases.planFile)
  return msBetween(started, nowNs())
}

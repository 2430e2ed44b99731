import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

import { engineOptionsFromEnv, probeEngine } from '@scalr-agent/executor-docker'

import type { BenchOptions, BenchResult } from './bench.ts'
import { BenchPlatform } from './platform/bench-platform.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { backendVariables, layOutPhases } from './whole-run/bare-phases.ts'
import { findTool } from './whole-run/find-tool.ts'
import { measureWholeRun } from './whole-run/measure-whole-run.ts'
import { runViaAgent } from './whole-run/run-via-agent.ts'

const execute = promisify(execFile)
const pathVariable = process.env['PATH'] ?? '/usr/bin:/bin'

/**
 * A whole plan and apply in containers: from asking for the run until its apply was reported. Beside it
 * `docker run` of the same commands in the same image, one container for each phase, with the same
 * control plane as `http` backend over the same TLS.
 */
export async function runDockerRun(options: BenchOptions): Promise<BenchResult> {
  const tool = await findTool(pathVariable)
  if (tool === undefined) return { skipped: 'neither terraform nor tofu is in PATH' }
  const facts = await probeEngine(engineOptionsFromEnv(process.env)).catch(String)
  if (typeof facts === 'string') return { skipped: facts }
  const host = facts.address
  const images = await docker(host, ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'])
  const image = images.split('\n').find((name) => name.startsWith(`scalr/${tool.iac}:`))
  if (image === undefined) {
    return { skipped: `the engine has no scalr/${tool.iac}: pnpm engines up docker-images` }
  }
  const format = '{{(index .IPAM.Config 0).Gateway}}'
  const gateway = await docker(host, ['network', 'inspect', '--format', format, 'bridge'])
  await using platform = await BenchPlatform.start({
    tools: {},
    jobMemoryBytes: 512 * 1024 ** 2,
    // The bare containers have the whole machine.
    jobCpus: availableParallelism(),
    docker: { host, gateway, image },
  })

  const bare = async (configuration: Readonly<Record<string, string>>): Promise<number> => {
    const phases = await layOutPhases(platform, tool.iac, configuration)
    const variables = {
      ...backendVariables(platform, platform.workloadUrl, phases.workspaceId),
      SSL_CERT_FILE: '/ca.pem',
    }
    // By name alone: what stands in an argument can be read by everybody.
    const names = Object.keys(variables).flatMap((name) => ['--env', name])
    const container = async (directory: string, script: string): Promise<void> => {
      const mounts = [
        `${phases.directory}:${phases.directory}`,
        `${platform.caCertPath}:/ca.pem:ro`,
      ]
      const run = [
        'run',
        '--rm',
        '--user',
        '0:0',
        '--entrypoint',
        '/bin/sh',
        '--workdir',
        directory,
      ]
      for (const mount of mounts) run.push('--volume', mount)
      await docker(host, [...run, ...names, image, '-c', script], variables)
    }
    const started = nowNs()
    const name = tool.iac === 'terraform' ? 'terraform' : 'tofu'
    const init = `${name} init -input=false -no-color`
    const plan = `${name} plan -input=false -no-color -out=${phases.planFile}`
    const show = `${name} show -json -no-color ${phases.planFile} >plan.json`
    await container(phases.plan, `${init} && ${plan} && ${show}`)
    const apply = `${name} apply -input=false -no-color ${phases.planFile}`
    await container(phases.apply, `${init} && ${apply}`)
    return msBetween(started, nowNs())
  }

  return await measureWholeRun(
    { name: 'docker-run', subject: `${tool.iac} plan and apply in containers` },
    { viaAgent: (configuration) => runViaAgent(platform, tool.iac, configuration), bare },
    options,
  )
}

async function docker(
  host: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await execute('docker', ['--host', host, ...words], {
    env: { PATH: pathVariable, ...variables },
    maxBuffer: 1e8,
  })
  return stdout.trim()
}

import { execFile } from 'node:child_process'
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

import { createJobCaches, type JobCaches } from '@scalr-agent/core'

import { ProviderMirror, realProviders } from '../../system-tests/test/support/provider-mirror.ts'
import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions, BenchResult } from './bench.ts'
import { msBetween, nowNs } from './platform/forked-process.ts'
import { median, rounded } from './statistics.ts'

const execute = promisify(execFile)
const defaultRounds = 9
const pathVariable = process.env['PATH'] ?? '/usr/bin:/bin'

/**
 * The second `init` of a configuration with three real providers: finding them in the agent's cache,
 * laying them out for the job, and the tool's own work. Beside it the same tool alone with a warm
 * `TF_PLUGIN_CACHE_DIR`, which asks the mirror for versions each time.
 */
export async function runProviderCache(options: BenchOptions): Promise<BenchResult> {
  const providers = realProviders('provider-cache')
  if (providers === undefined) return { skipped: '`pnpm engines up providers` was not run' }
  const tool = await findTool()
  if (tool === undefined) return { skipped: 'neither terraform nor tofu is in PATH' }
  const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-bench-'))
  await using mirror = await ProviderMirror.start(providers)
  const caches = createJobCaches({
    cacheDir: join(directory, 'cache'),
    dataDir: join(directory, 'agent'),
    connection: { caCert: mirror.caCertPath },
    providers: { networkMirrors: [{ url: mirror.url }], registryHosts: [] },
  })
  try {
    const required = providers.map(
      ({ type, version }) =>
        `    ${type} = { source = "hashicorp/${type}", version = "${version}" }\n`,
    )
    const scene: Scene = {
      tool,
      mirror,
      caches,
      directory,
      configuration: `terraform {\n  required_providers {\n${required.join('')}  }\n}\n`,
      jobs: 0,
    }
    return [await measure(scene, options)]
  } finally {
    await caches.close()
    await rm(directory, { recursive: true, force: true })
  }
}

interface Scene {
  readonly tool: string
  readonly mirror: ProviderMirror
  readonly caches: JobCaches
  readonly directory: string
  readonly configuration: string
  jobs: number
}

async function measure(scene: Scene, options: BenchOptions): Promise<BenchFigure> {
  const rounds = options.rounds ?? defaultRounds
  const first = await layOut(scene, undefined)
  await runPlain(scene, first)
  const lockFile = await readFile(join(first, 'work/.terraform.lock.hcl'), 'utf8')
  const cached: number[] = []
  const plain: number[] = []
  // One more than counts, to warm up the caches of both.
  for (let round = 0; round <= rounds; round += 1) {
    const plainMs = await runPlain(scene, await layOut(scene, lockFile))
    const cachedMs = await runCached(scene, await layOut(scene, lockFile), lockFile)
    const name = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
    options.onProgress(
      `${name}: plain ${rounded(plainMs, 0)} ms, cached ${rounded(cachedMs, 0)} ms`,
    )
    if (round === 0) continue
    plain.push(plainMs)
    cached.push(cachedMs)
  }
  const value = rounded(median(cached), 0)
  const peer = rounded(median(plain), 0)
  return {
    bench: 'provider-cache',
    figure: `second init with three providers, median of ${rounds}`,
    value,
    unit: 'ms',
    peer,
    ratio: rounded(value / peer, 3),
  }
}

/** A job directory of its own, made before the time is taken. */
async function layOut(scene: Scene, lockFile: string | undefined): Promise<string> {
  scene.jobs += 1
  const jobDir = join(scene.directory, `job-${scene.jobs}`)
  await mkdir(join(jobDir, 'work'), { recursive: true })
  await mkdir(join(jobDir, 'caches'))
  await mkdir(join(scene.directory, 'plugin-cache'), { recursive: true })
  await writeFile(join(jobDir, 'work/main.tf'), scene.configuration)
  if (lockFile !== undefined) await writeFile(join(jobDir, 'work/.terraform.lock.hcl'), lockFile)
  return jobDir
}

async function runPlain(scene: Scene, jobDir: string): Promise<number> {
  const config = `provider_installation {\n  network_mirror {\n    url = "${scene.mirror.url}"\n  }\n}\n`
  await writeFile(join(jobDir, 'cli.tfrc'), config)
  const pluginCache = join(scene.directory, 'plugin-cache')
  const started = nowNs()
  await init(scene, jobDir, { TF_PLUGIN_CACHE_DIR: pluginCache })
  return msBetween(started, nowNs())
}

async function runCached(scene: Scene, jobDir: string, lockFile: string): Promise<number> {
  const jobId = `job-${scene.jobs}`
  const started = nowNs()
  const prepared = await scene.caches.prepare(
    { jobId, tools: [], lockFile, lookIn: 'nowhere', canMount: true },
    {},
  )
  for (const { name, source } of prepared.mounts) {
    await symlink(source, join(jobDir, 'caches', name))
  }
  const config = (prepared.cliConfig ?? '').replaceAll('@job_dir@', jobDir)
  await writeFile(join(jobDir, 'cli.tfrc'), config)
  await init(scene, jobDir, {})
  const endedNs = nowNs()
  await scene.caches.release(jobId)
  return msBetween(started, endedNs)
}

async function init(
  { tool, mirror }: Scene,
  jobDir: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await execute(tool, ['init', '-input=false', '-no-color'], {
    cwd: join(jobDir, 'work'),
    env: {
      PATH: pathVariable,
      HOME: jobDir,
      SSL_CERT_FILE: mirror.caCertPath,
      TF_CLI_CONFIG_FILE: join(jobDir, 'cli.tfrc'),
      CHECKPOINT_DISABLE: '1',
      ...env,
    },
  })
}

async function findTool(): Promise<string | undefined> {
  for (const name of ['terraform', 'tofu']) {
    for (const directory of pathVariable.split(delimiter)) {
      const path = join(directory, name)
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (isThere) return path
    }
  }
  return undefined
}

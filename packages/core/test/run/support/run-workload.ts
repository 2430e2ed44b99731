import { spawn } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { buffer } from 'node:stream/consumers'

import { pack } from 'tar-stream'

import type { PreparedCaches } from '../../../src/caches/index.ts'
import { packResults, type ResultPart } from '../../../src/job/pack-results.ts'
import { createWorkloadSpec, type CreateWorkloadSpecOptions } from '../../../src/run/index.ts'
import { makeJobSpec, type TestJobSpec } from '../../support/job-spec.ts'
import { fakeToolScript, RunningScript, testNonce, type FakeBehaviour } from './run-job-script.ts'
import type { TestShell, TestTool } from './shells.ts'

export interface StartWorkloadOptions extends Partial<
  Pick<CreateWorkloadSpecOptions, 'agentHooks' | 'prepared' | 'proxy' | 'caCert' | 'workloadUrl'>
> {
  readonly shell?: TestShell
  readonly spec?: TestJobSpec
  /** The configuration, by path. */
  readonly configuration?: Readonly<Record<string, string>>
  /** Other archives of the job, by name, as the configuration is given. */
  readonly archives?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** A real tool; the fake one where absent. */
  readonly tool?: TestTool | undefined
  readonly fake?: Readonly<Record<string, FakeBehaviour>>
  /** Directory of an earlier job: its plan and lock file are this one's. */
  readonly planned?: string
}

export const noCaches: PreparedCaches = {
  tools: {},
  mounts: [],
  cliConfig: undefined,
  secretEnv: {},
  notes: [],
}

/** Makes a whole job, lays it out by its tar as an executor does, and starts it with its own environment alone. */
export async function startWorkload(options: StartWorkloadOptions): Promise<RunningScript> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'workload-')))
  const downloads = await mkdtemp(join(tmpdir(), 'downloads-'))
  const bin = `${directory}.bin`
  const log = join(bin, 'fake-tool.log')
  try {
    await mkdir(bin)
    for (const name of ['terraform', 'tofu']) {
      await writeFile(join(bin, name), fakeToolScript({ log, fake: options.fake ?? {} }))
      await chmod(join(bin, name), 0o755)
    }
    const archives = { ...options.archives, 'configuration.tar.gz': options.configuration ?? {} }
    for (const [name, files] of Object.entries(archives)) {
      await writeFile(join(downloads, name), await archiveOf(files))
    }
    const planned: string[] = []
    if (options.planned !== undefined) {
      const data = join(options.planned, 'data')
      for (const [from, to] of [
        ['terraform.tfplan.bin', 'plan.bin'],
        ['lock.hcl', 'lock.hcl'],
      ] as const) {
        if (!existsSync(join(data, from))) continue
        await copyFile(join(data, from), join(downloads, to))
        planned.push(to)
      }
    }
    if (options.planned !== undefined && existsSync(join(options.planned, 'data/units'))) {
      // As the agent packs what it collects.
      const files = await filesBelow(join(options.planned, 'data/units'))
      await pipeline(packResults('archive', files), createWriteStream(join(downloads, 'plan.bin')))
      planned.push('plan.bin')
    }
    const names = [...Object.keys(archives), ...planned]
    const known = makeJobSpec().files[0]
    const { tool } = options
    const { workload } = createWorkloadSpec({
      spec: makeJobSpec({
        files: names.flatMap((name) => (known === undefined ? [] : [{ ...known, name }])),
        ...options.spec,
      }),
      agentId: 'agent-v0abc',
      nonce: testNonce,
      workloadUrl: options.workloadUrl ?? 'https://scalr.example.com',
      filesDirectory: downloads,
      path: `${bin}:/usr/local/bin:/usr/bin:/bin`,
      agentHooks: options.agentHooks,
      proxy: options.proxy,
      caCert: options.caCert,
      prepared: {
        ...noCaches,
        ...(tool === undefined
          ? {}
          : { tools: { [tool.name]: { kind: 'path', path: tool.path } } }),
        ...options.prepared,
      },
      defaults: { startTimeoutMs: 1000 },
    })
    const tar = spawn('tar', ['-xpf', '-', '-C', directory], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    const unpacked = new Promise<number | null>((resolve) => tar.on('close', resolve))
    if (workload.files !== undefined) await pipeline(workload.files(), tar.stdin)
    if ((await unpacked) !== 0) throw new Error('tar failed')
    const [command, ...rest] = options.shell?.argv ?? [workload.argv[0]]
    const child = spawn(command, [...rest, ...workload.argv.slice(1)], {
      cwd: directory,
      detached: true,
      env: { ...workload.env, ...workload.secretEnv },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return new RunningScript(directory, log, child)
  } finally {
    await rm(downloads, { recursive: true })
  }
}

/** A tar.gz of files, all executable. */
async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack()
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mode: 0o755 }, text)
  tar.finalize()
  return gzipSync(await buffer(tar))
}

async function filesBelow(directory: string): Promise<readonly ResultPart[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return await Promise.all(
    files.map(async (entry) => {
      const localPath = join(entry.parentPath, entry.name)
      const { size } = await stat(localPath)
      return { path: relative(directory, localPath), localPath, bytes: size }
    }),
  )
}

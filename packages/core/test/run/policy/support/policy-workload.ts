import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import type { ToolLocation } from '../../../../src/caches/index.ts'
import { parseMarker, type StageMarker } from '../../../../src/logs/index.ts'
import {
  policyResultsSchema,
  type JobPolicyGroup,
  type PolicyResults,
} from '../../../../src/protocol/index.ts'
import { createPolicyJob } from '../../../../src/run/policy/index.ts'
import { makeJobSpec } from '../../../support/job-spec.ts'
import type { TestShell } from '../../support/shells.ts'

const nonce = '00112233445566778899aabbccddeeff'

/** The real OPA of this machine, or `undefined` after saying that the suite is skipped. */
export function realOpa(suite: string): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const engines = process.env['SCALR_SDK_ENGINES_DIR'] ?? join(cache, 'scalr-agent-sdk/engines')
  const path = [...(process.env['PATH'] ?? '').split(':'), join(engines, 'bin')]
    .map((directory) => join(directory, 'opa'))
    .find(isExecutable)
  if (path === undefined) {
    process.stdout.write(`SKIPPED ${suite}: no opa in PATH; \`pnpm engines up opa\` builds it\n`)
  }
  return path
}

export interface TestGroup {
  readonly name?: string
  readonly opaVersion?: string
  readonly commonFunctions?: string
  /** Path → content. */
  readonly files: Readonly<Record<string, string>>
  /** Name → Rego, at `<name>.rego`. */
  readonly policies: Readonly<Record<string, string>>
  readonly level?: 'advisory' | 'soft-mandatory' | 'hard-mandatory'
}

export interface PolicyRunOptions {
  readonly shell: TestShell
  readonly opa: ToolLocation
  readonly groups: readonly Partial<TestGroup>[]
  readonly plan?: unknown
  readonly run?: unknown
  readonly allowNetwork?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Called with the script's process once the console shows this. */
  readonly interruptAt?: string
}

export interface PolicyRun {
  readonly exitCode: number | null
  readonly console: string
  readonly markers: readonly StageMarker[]
  readonly results: PolicyResults | undefined
}

/** Runs the script of a policy job as an executor would: in a directory with the job's files. */
export async function runPolicies(options: PolicyRunOptions): Promise<PolicyRun> {
  const directory = await mkdtemp(join(tmpdir(), 'policy-job-'))
  try {
    const groups = options.groups.map((group, index) => protocolGroup(group, index))
    const digest = `sha-256=:${'A'.repeat(43)}=:`
    const names = ['tfrun.json', 'plan.json', ...groups.map((group) => group.file)]
    const spec = makeJobSpec({
      phase: 'policy',
      policyGroups: groups,
      files: names.map((name) => ({ name, bytes: 1, digest })),
    })
    const job = createPolicyJob({
      spec,
      opa: options.opa,
      allowNetwork: options.allowNetwork ?? false,
    })
    const put = async (path: string, content: string): Promise<void> => {
      await mkdir(dirname(join(directory, path)), { recursive: true })
      await writeFile(join(directory, path), content)
    }
    for (const [path, text] of job.files.texts ?? []) await put(path, text)
    await put('data/job.sh', job.files.script)
    await put('data/nonce', `${nonce}\n`)
    const { copies } = job.files
    await put(copies?.get('tfrun.json') ?? '', JSON.stringify(options.run ?? {}))
    await put(copies?.get('plan.json') ?? '', JSON.stringify(options.plan ?? {}))
    for (const [index, group] of options.groups.entries()) {
      const folder = job.files.archives?.get(groups[index]?.file ?? '') ?? ''
      const { policies = {}, files = {} } = group
      for (const [name, rego] of Object.entries(policies)) await put(`${folder}/${name}.rego`, rego)
      for (const [path, content] of Object.entries(files)) await put(`${folder}/${path}`, content)
    }
    const ended = await runScript(directory, options)
    const results = await readFile(join(directory, job.resultFile.path), 'utf8').catch(() => '')
    return {
      ...ended,
      results: results === '' ? undefined : policyResultsSchema.parse(JSON.parse(results)),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function protocolGroup(group: Partial<TestGroup>, index: number): JobPolicyGroup {
  return {
    id: `pgrp-${index + 1}`,
    name: group.name ?? `group ${index + 1}`,
    opaVersion: group.opaVersion ?? null,
    commonFunctions: group.commonFunctions ?? null,
    file: `policy-group-${index + 1}.tar.gz`,
    policies: Object.keys(group.policies ?? {}).map((name) => ({
      id: `pol-${index + 1}-${name}`,
      name,
      level: group.level ?? 'hard-mandatory',
      path: `${name}.rego`,
    })),
  }
}

async function runScript(
  directory: string,
  options: PolicyRunOptions,
): Promise<Omit<PolicyRun, 'results'>> {
  const [command, ...rest] = options.shell.argv
  const child = spawn(command, [...rest, 'data/job.sh'], {
    cwd: directory,
    env: { PATH: '/usr/bin:/bin', ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  let interrupted = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    if (options.interruptAt !== undefined && !interrupted && output.includes(options.interruptAt)) {
      interrupted = true
      child.kill('SIGTERM')
    }
  })
  const exitCode = await new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code))
  })
  const lines = output.split('\n')
  return {
    exitCode,
    console: lines.filter((line) => !line.includes('\u001e')).join('\n'),
    markers: lines.flatMap((line) =>
      line.includes('\u001e') ? (parseMarker(`${line}\n`, nonce) ?? []) : [],
    ),
  }
}

/** Version that a program says of itself. */
export function versionOf(opa: string): string {
  const { stdout } = spawnSync(opa, ['version'], { encoding: 'utf8' })
  return /^Version: (?<version>\S+)/u.exec(stdout)?.groups?.['version'] ?? ''
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

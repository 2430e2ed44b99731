import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ArgvWatch } from './support/argv-watch.ts'
import {
  needlesOf,
  search,
  searchDatabase,
  searchDirectory,
  searchPlanted,
  type Canary,
  type Needle,
} from './support/canaries.ts'
import { Daemon } from './support/daemon.ts'
import { leakingConfiguration, leakingHook } from './support/leaks.ts'
import { Platform } from './support/platform.ts'
import { readZip } from './support/read-zip.ts'
import { RecordingProxy } from './support/recording-proxy.ts'
import { anyRealTool, realTools } from './support/tools.ts'

anyRealTool('canaries')

const random = (): string => randomBytes(9).toString('hex')

/**
 * What may hold what. Nothing else may hold any of it:
 *
 * | place                                                    | Terraform values | shell values | tokens |
 * |----------------------------------------------------------|------------------|--------------|--------|
 * | `variables.value`, `run_variables.value`, `job_specs.spec_json` | yes       | yes          | no     |
 * | `plan_variables.variables_json`, until the run has ended  | yes              | no           | no     |
 * | plan file, plan JSON, state (files of the control plane, of a job directory) | yes | no     | no     |
 * | raw output of a workload that runs                       | yes              | yes          | run token |
 * | environment of the workload                              | yes              | yes          | run token |
 * | environment of the agent's process                       | no               | no           | pool token |
 * | all else: logs, records, journals, spools, columns, answers, argv | no      | no           | no     |
 */
const secretColumns = new Set([
  'variables.value',
  'run_variables.value',
  'job_specs.spec_json',
  'plan_variables.variables_json',
])
const keyColumn = 'signing_keys.secret'
const mayHoldTerraformValues = /^(?:plans|job-files|states)\//u

describe.each(realTools())('I12: planted secrets, with real $iac', ({ iac, path }) => {
  // Characters that JSON, HCL, URLs and shells write in another way.
  const odd = `p"q\\r'&<=%+/ü`
  const terraformValues: readonly Canary[] = [
    { name: 'Terraform variable', value: `tf-${random()}-${odd}` },
    { name: 'string in an HCL variable', value: `hcl-${random()}` },
    {
      name: 'multi-line Terraform variable',
      value: `-----BEGIN KEY-----\n${random()}${random()}\n${random()}${random()}\n-----END KEY-----\n`,
    },
  ]
  const shellValues: readonly Canary[] = [
    { name: 'shell variable', value: `shell-${random()}-${odd}` },
    { name: 'rotated shell variable', value: `rotated-${random()}` },
  ]
  const agentEnvironment = { name: "agent's environment", value: `agent-env-${random()}` }
  const visible = `visible-${random()}`
  const [text, inMap, key] = terraformValues.map(({ value }) => value) as [string, string, string]
  const [shell, rotated] = shellValues.map(({ value }) => value) as [string, string]

  const controlPlaneLog: string[] = []
  const findings: string[] = []
  const agentOutput: string[] = []
  const plans = new Map<string, readonly string[]>()
  const runs: Run[] = []
  let platform: Platform
  let proxy: RecordingProxy
  let watch: ArgvWatch
  let agentDirectory: string

  const tokens = (): readonly Needle[] =>
    [platform.poolToken, platform.ownerToken, ...proxy.tokens].flatMap((token, index) =>
      // The signature alone: header and payload are no secret.
      needlesOf({ name: `token ${index}`, value: token.slice(token.lastIndexOf('.') + 1) }),
    )
  const values = [...terraformValues, ...shellValues, agentEnvironment].flatMap(needlesOf)
  const everything = (): readonly Needle[] => [...values, ...tokens()]
  const notOfTerraform = (): readonly Needle[] => [
    ...[...shellValues, agentEnvironment].flatMap(needlesOf),
    ...tokens(),
  ]

  /** The agent's directory while jobs run. */
  async function searchLive(): Promise<void> {
    const ofWorkload = (name: string): boolean =>
      /^work\/|^workloads\/[^/]+\/(?:output$|job\/|staging\/)|^trash\/|^jobs\/[^/]+\/(?:files|results)\//u.test(
        name,
      )
    findings.push(...(await searchDirectory(agentDirectory, everything(), ofWorkload)))
    // Plan and plan JSON hold what Terraform was given, on their way too; nothing of the rest.
    for (const name of ['work', 'jobs']) {
      findings.push(...(await searchDirectory(join(agentDirectory, name), notOfTerraform())))
    }
  }

  /** Plans are zips: each is unpacked and searched, once. */
  async function searchPlans(directory: string): Promise<void> {
    const names = await readdir(directory, { recursive: true }).catch(() => [])
    for (const name of names.filter((file) => file.endsWith('plan.bin'))) {
      if (plans.has(name)) continue
      const files = await readFile(join(directory, name))
        .then(readZip)
        .catch(() => undefined)
      // It is being written, or was removed meanwhile.
      if (files === undefined) continue
      const found = [...files].flatMap(([inner, content]) =>
        search(`${name}/${inner}`, content, notOfTerraform()),
      )
      plans.set(name, found)
    }
  }

  async function whileSearching<T>(work: Promise<T>): Promise<T> {
    const done = new AbortController()
    const searching = (async () => {
      while (!done.signal.aborted) {
        await searchLive()
        await searchPlans(join(platform.controlPlaneDirectory, 'job-files'))
        await searchPlans(join(agentDirectory, 'work'))
        await delay(100)
      }
    })()
    try {
      return await work
    } finally {
      done.abort()
      await searching
    }
  }

  async function startAgent(): Promise<Daemon> {
    const daemon = await Daemon.start(platform, {
      tool: { iac, path },
      dataDir: agentDirectory,
      url: proxy.url,
      env: { AWS_SECRET_ACCESS_KEY: agentEnvironment.value, LD_CANARY: agentEnvironment.value },
    })
    await daemon.ready()
    return daemon
  }

  async function workspace(settings: Readonly<Record<string, string>>): Promise<string> {
    const hook = leakingHook
    const { id } = await platform.workspace({
      iac,
      files: leakingConfiguration,
      autoApply: true,
      hooks: { preInit: hook, prePlan: hook, postPlan: hook, preApply: hook, postApply: hook },
      variables: [
        { key: 'text', value: text, sensitive: true },
        { key: 'map', value: `{ password = "${inMap}" }`, sensitive: true, hcl: true },
        { key: 'key', value: key, sensitive: true },
        { key: 'visible', value: visible },
        { key: 'VISIBLE', value: visible, category: 'shell' },
        { key: 'SHELL_SECRET', value: shell, category: 'shell', sensitive: true },
        { key: 'ROTATED', value: rotated, category: 'shell', sensitive: true },
        ...Object.entries(settings).map(([name, value]) =>
          name.startsWith('TF_LOG')
            ? { key: name, value, category: 'shell' as const }
            : { key: name, value },
        ),
      ],
    })
    return id
  }

  async function run(workspaceId: string, ...statuses: readonly string[]): Promise<Run> {
    const { id } = await platform.client.runs.create({ workspaceId })
    const ended = await whileSearching(platform.untilStatus(id, ...statuses))
    if (!['applying', 'planning'].includes(ended.status)) runs.push(ended)
    return ended
  }

  beforeAll(async () => {
    const log = (fields: unknown, message: string): void => {
      const shown = JSON.stringify(fields, (_name, value: unknown) =>
        value instanceof Error ? `${value.stack} ${String(value.cause)}` : value,
      )
      controlPlaneLog.push(`${shown} ${message}`)
    }
    const logger = { debug: log, info: log, warn: log, error: log, child: () => logger }
    platform = await Platform.start({}, { logger })
    proxy = await RecordingProxy.start(() => platform.url)
    watch = new ArgvWatch()
    agentDirectory = join(platform.directory, 'agent')

    let daemon = await startAgent()
    await run(await workspace({}), 'applied')
    await run(await workspace({ TF_LOG: 'TRACE' }), 'applied')
    await run(await workspace({ refuse: 'true' }), 'errored')

    const canceled = await run(await workspace({ seconds: '30' }), 'applying')
    await platform.untilApplyLog(canceled.applyId, 'waiting 1')
    await platform.client.runs.cancel(canceled.id)
    runs.push(await whileSearching(platform.untilStatus(canceled.id, 'canceled')))

    const adopted = await workspace({ seconds: '4' })
    const applying = await run(adopted, 'applying')
    await platform.untilApplyLog(applying.applyId, 'waiting 1')
    await daemon.kill()
    agentOutput.push(...daemon.output)
    await searchLive()
    // What the workload knows must stay masked, also when it was changed meanwhile.
    for await (const variable of platform.client.variables.list({
      filter: { workspace: adopted, key: 'ROTATED' },
    })) {
      await platform.client.variables.update(variable.id, { value: 'another-value' })
    }
    daemon = await startAgent()
    runs.push(await whileSearching(platform.untilStatus(applying.id, 'applied')))

    daemon.signal('SIGTERM')
    expect(await daemon.exited()).toBe(0)
    agentOutput.push(...daemon.output)
  }, 240_000)

  afterAll(async () => {
    watch[Symbol.dispose]()
    await proxy[Symbol.asyncDispose]()
    await platform[Symbol.asyncDispose]()
  })

  it('the attempt is real: what is no secret was printed, and the tokens went by', async () => {
    expect(runs.map(({ status }) => status)).toEqual([
      'applied',
      'applied',
      'errored',
      'canceled',
      'applied',
    ])
    const log = await platform.logs(runs[0] as Run)
    expect(log).toContain(visible)
    expect(log).toContain('hook: raw')
    expect(log).toContain('local-exec: raw')
    expect(log).toContain('hook: end')
    expect(log.match(/\*{4,}/gu)?.length).toBeGreaterThan(30)
    expect(await platform.logs(runs[1] as Run)).toContain('[TRACE]')
    // Pool token, and for each of two processes a session token; for each job a job and a run token.
    expect(proxy.tokens.size).toBeGreaterThan(15)
    expect(watch.seen.toString()).toMatch(/(?:terraform|tofu) apply/u)
  })

  it('are nowhere in the data directory of the agent while jobs run', () => {
    expect([...new Set(findings)]).toEqual([])
  })

  it('are nowhere in it after the end, and nothing of a job is left', async () => {
    expect(await searchDirectory(agentDirectory, everything())).toEqual([])
    for (const name of ['jobs', 'work', 'workloads', 'owners', 'drafts', 'trash']) {
      expect(await readdir(join(agentDirectory, name))).toEqual([])
    }
  })

  it('are not in the output of the agent, with all its debug lines', () => {
    expect(agentOutput.length).toBeGreaterThan(10)
    expect(search('agent output', Buffer.from(agentOutput.join('\n')), everything())).toEqual([])
  })

  it('are not in the log lines of the control plane', () => {
    const lines = Buffer.from(controlPlaneLog.join('\n'))
    expect(search('control plane log', lines, everything())).toEqual([])
  })

  it('are in no file of the control plane but plan, state and database', async () => {
    const database = (name: string): boolean => name.includes('.sqlite')
    expect(
      await searchDirectory(
        platform.controlPlaneDirectory,
        everything(),
        (name) => database(name) || mayHoldTerraformValues.test(name),
      ),
    ).toEqual([])
    // Plan and state hold what Terraform was given, but no token and nothing of the shell.
    expect(
      await searchDirectory(platform.controlPlaneDirectory, notOfTerraform(), database),
    ).toEqual([])
  })

  it('the plan file holds no token and no shell variable', () => {
    expect([...plans.keys()].length).toBeGreaterThan(2)
    expect([...plans.values()].flat()).toEqual([])
  })

  it('are in no column but those that must hold them', () => {
    const file = join(platform.controlPlaneDirectory, 'control-plane.sqlite')
    const allowed = new Set([...secretColumns, keyColumn])
    expect(searchDatabase(file, everything(), allowed)).toEqual([])
    // Also there: no token.
    expect(searchDatabase(file, tokens(), new Set([keyColumn]))).toEqual([])
  })

  it('are in no answer of the public API but the plan itself', async () => {
    const ids = runs.flatMap(({ id, planId, applyId }) => [
      `runs/${id}?include=plan,apply,workspace,configuration-version`,
      `plans/${planId}`,
      `plans/${planId}/output`,
      ...(applyId === null ? [] : [`applies/${applyId}`, `applies/${applyId}/output`]),
    ])
    const workspaces = runs.map(({ workspaceId }) => workspaceId)
    const paths = [
      ...ids,
      ...workspaces.flatMap((id) => [
        `workspaces/${id}`,
        `vars?filter[workspace]=${id}`,
        `state-versions?filter[workspace]=${id}`,
        `workspaces/${id}/current-state-version?include=outputs`,
      ]),
      'runs',
      'vars',
      'agents',
      'agent-pools',
      `agent-pools/${platform.poolId}/access-tokens`,
      'access-tokens',
      'runs/run-none',
    ]
    const found: string[] = []
    let answered = 0
    for (const asked of paths) {
      const answer = await fetch(`${platform.url}/api/iacp/v3/${asked}`, {
        headers: { authorization: `Bearer ${platform.ownerToken}` },
      })
      if (answer.ok) answered += 1
      found.push(...search(asked, Buffer.from(await answer.arrayBuffer()), everything()))
    }
    expect(found).toEqual([])
    expect(answered).toBeGreaterThan(runs.length * 5)
  })

  // Other processes of this machine are seen too; what was planted here is unique.
  it('are on no command line', () => {
    expect(searchPlanted('argv', watch.seen, everything())).toEqual([])
  })
})

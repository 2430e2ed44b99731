import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LocalAgent } from './support/local-agent.ts'
import { Platform, type WorkspaceOptions } from './support/platform.ts'
import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { realTools } from './support/tools.ts'

type RunOptions = Omit<Parameters<Platform['client']['runs']['create']>[0], 'workspaceId'>

/** Two files of the disk and a resource that remembers a text: there is something to drift and to target. */
function files(directory: string): Readonly<Record<string, string>> {
  return {
    'main.tf': `
terraform {
  required_providers {
    local = { source = "hashicorp/local" }
  }
}

variable "text" {
  type    = string
  default = "default"
}

resource "terraform_data" "text" {
  input = var.text
}

resource "local_file" "a" {
  filename = "${directory}/a"
  content  = "a"
}

resource "local_file" "b" {
  filename = "${directory}/b"
  content  = "b"
}

output "text" {
  value = terraform_data.text.output
}
`,
  }
}

/** Says in the plan's log what the run was told to be. */
const hooks = {
  preInit: null,
  prePlan: null,
  postPlan:
    'echo "mode=$SCALR_RUN_MODE destroy=$SCALR_RUN_IS_DESTROY operation=$SCALR_TERRAFORM_OPERATION exit=$SCALR_TERRAFORM_EXIT_CODE"',
  preApply: null,
  postApply: null,
}

interface Mode {
  readonly name: string
  readonly run: RunOptions
  /** Whether a file of the disk was removed behind the state's back. */
  readonly drift?: boolean
  readonly ends: string
  /** Of the plan: additions, changes, destructions. */
  readonly counts: readonly [number, number, number]
  readonly says: RegExp
}

/** All start from a workspace whose configuration is applied. */
const modes: readonly Mode[] = [
  {
    name: 'a plain run finds nothing to do',
    run: {},
    ends: 'planned_and_finished',
    counts: [0, 0, 0],
    says: /mode=apply destroy=0 operation=plan exit=0/u,
  },
  {
    name: 'a plain run mends drift',
    run: {},
    drift: true,
    ends: 'applied',
    counts: [1, 0, 0],
    says: /mode=apply destroy=0/u,
  },
  {
    name: 'skip refresh sees no drift',
    run: { refresh: false },
    drift: true,
    ends: 'planned_and_finished',
    counts: [0, 0, 0],
    says: /mode=skip_refresh/u,
  },
  {
    name: 'refresh-only writes drift to the state and changes nothing else',
    run: { refreshOnly: true },
    drift: true,
    ends: 'applied',
    counts: [0, 0, 0],
    says: /mode=refresh destroy=0/u,
  },
  {
    name: 'a dry run is never applied',
    run: { isDry: true, variables: [variable('text', 'dry')] },
    ends: 'planned_and_finished',
    counts: [0, 1, 0],
    says: /mode=dry/u,
  },
  {
    name: 'destroy',
    run: { isDestroy: true },
    ends: 'applied',
    counts: [0, 0, 3],
    says: /mode=apply destroy=1/u,
  },
  {
    name: 'targets leave the rest alone',
    run: { targetAddrs: ['local_file.a'], isDestroy: true },
    ends: 'applied',
    counts: [0, 0, 1],
    says: /destroy=1/u,
  },
  {
    name: 'replacements',
    run: { replaceAddrs: ['local_file.b'] },
    ends: 'applied',
    counts: [1, 0, 1],
    says: /local_file\.b will be replaced, as requested/u,
  },
  {
    name: 'run variables come before those of the workspace',
    run: { variables: [variable('text', 'of the run')] },
    ends: 'applied',
    counts: [0, 1, 0],
    says: /"of the workspace" -> "of the run"/u,
  },
]

function variable(key: string, value: string): NonNullable<RunOptions['variables']>[number] {
  return { key, value, category: 'terraform', hcl: false, sensitive: false }
}

const providers = realProviders('run modes')

describe.skipIf(providers === undefined).each(realTools())('run modes with real $iac', (tool) => {
  const { iac } = tool
  let platform: Platform
  let agent: LocalAgent
  let mirror: ProviderMirror
  let count = 0

  beforeAll(async () => {
    mirror = await ProviderMirror.start(providers ?? [])
    platform = await Platform.start()
    agent = await LocalAgent.start(platform, tool, {
      caCert: mirror.caCert,
      providerCache: { networkMirrors: [{ url: mirror.url }] },
    })
  })

  afterAll(async () => {
    await agent[Symbol.asyncDispose]()
    await platform[Symbol.asyncDispose]()
    await mirror[Symbol.asyncDispose]()
  })

  /** A workspace whose configuration is applied, and the directory of its files. */
  async function applied(options: Partial<WorkspaceOptions> = {}) {
    count += 1
    const directory = join(platform.directory, `files-${count}`)
    const workspace = await platform.workspace({
      iac,
      files: files(directory),
      hooks,
      autoApply: true,
      variables: [{ key: 'text', value: 'of the workspace' }],
      ...options,
    })
    const first = await platform.client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(first.id, 'applied')
    return { workspace, directory }
  }

  async function countsOf(run: Run) {
    const plan = await platform.client.plans.get(run.planId ?? '')
    return [plan.resourceAdditions, plan.resourceChanges, plan.resourceDestructions]
  }

  it.each(modes)('$name', async ({ run, drift, ends, counts, says }) => {
    const { client } = platform
    const { workspace, directory } = await applied()
    if (drift === true) await rm(join(directory, 'a'))
    const created = await client.runs.create({ workspaceId: workspace.id, ...run })
    const ended = await platform.untilStatus(created.id, ends)
    expect(await platform.logs(ended)).toMatch(says)
    expect(await countsOf(ended)).toEqual(counts)
    const apply = await client.applies.get(ended.applyId ?? '')
    expect(apply.status).toBe(ends === 'applied' ? 'finished' : 'unreachable')
    // Refresh-only takes a lost file out of the state and does not bring it back; skip refresh does neither.
    const lost = drift === true && (run.refreshOnly === true || run.refresh === false)
    const removed = run.isDestroy === true
    expect(existsSync(join(directory, 'a'))).toBe(!lost && !removed)
    expect(existsSync(join(directory, 'b'))).toBe(!removed || run.targetAddrs !== undefined)
  })

  it('a saved plan waits aside, and is given up once another run has changed the state', async () => {
    const { client } = platform
    const { workspace } = await applied()
    const saved = await client.runs.create({
      workspaceId: workspace.id,
      savePlan: true,
      variables: [variable('text', 'saved')],
    })
    await platform.untilStatus(saved.id, 'planned_and_saved')
    const other = await client.runs.create({
      workspaceId: workspace.id,
      variables: [variable('text', 'other')],
    })
    await platform.untilStatus(other.id, 'applied')
    await platform.untilStatus(saved.id, 'discarded')
    await expect(client.runs.confirm(saved.id)).rejects.toMatchObject({ status: 409 })
  })

  it('a saved plan is applied as it was planned', async () => {
    const { client } = platform
    const { workspace } = await applied()
    const saved = await client.runs.create({
      workspaceId: workspace.id,
      savePlan: true,
      variables: [variable('text', 'saved')],
    })
    await platform.untilStatus(saved.id, 'planned_and_saved')
    await client.runs.confirm(saved.id)
    await platform.untilStatus(saved.id, 'applied')
    expect(await client.workspaces.outputs(workspace.id)).toContainEqual(
      expect.objectContaining({ name: 'text', value: 'saved' }),
    )
  })
})

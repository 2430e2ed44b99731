import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ArgvWatch } from './support/argv-watch.ts'
import {
  needlesOf,
  searchDatabase,
  searchDirectory,
  searchPlanted,
  type Canary,
} from './support/canaries.ts'
import { hooksOf, linkRegistryHook } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { realTools } from './support/tools.ts'

const providers = realProviders('canaries of jobs')
const random = (): string => randomBytes(9).toString('hex')

/** What goes to the tool by FIFO, what the agent's mirror needs, and what hooks bring and make. */
describe.skipIf(providers === undefined).each(realTools())(
  'I12: secrets on their way through a job of real $iac',
  (tool) => {
    const { iac } = tool
    const hyphen = `hyphen-${random()}`
    const hcl = `hcl-${random()}`
    const inFile = `outranked-${random()}`
    const large = `large-${random()}${'x'.repeat(60_000)}`
    /** By FIFO: names that no variable can have, values that are too large, files that outrank. */
    const byFifo: readonly Canary[] = [
      { name: 'variable with a hyphen', value: hyphen },
      { name: 'HCL variable', value: hcl },
      { name: 'variable that a file outranks', value: inFile },
      { name: 'large variable', value: large.slice(0, 24) },
    ]
    const mirrorToken: Canary = { name: 'token of the mirror', value: `mirror-${random()}` }
    const hookText: Canary = { name: 'script of the registry', value: `script-${random()}` }
    let made: Canary
    let platform: Platform
    let mirror: ProviderMirror
    let agent: LocalAgent
    let watch: ArgvWatch
    let run: Run
    const live: string[] = []

    const configuration = {
      'main.tf': `
terraform {
  required_providers {
    time = { source = "hashicorp/time" }
  }
}

variable "with-hyphen" {
  type      = string
  sensitive = true
}

variable "hcl" {
  type      = map(list(string))
  sensitive = true
}

variable "outranked" {
  type      = string
  sensitive = true
}

variable "large" {
  type      = string
  sensitive = true
}

resource "time_static" "one" {}

resource "terraform_data" "one" {
  input = nonsensitive("\${var.with-hyphen} \${var.hcl["a"][0]} \${var.outranked}")

  provisioner "local-exec" {
    command = "echo made: $MADE; sleep 1"
  }
}

output "told" {
  value = nonsensitive(sha256("\${terraform_data.one.output} \${var.large}"))
}
`,
      'some.auto.tfvars': 'outranked = "of the file"\n',
    }

    /** Plans, which hold what the tool was given, and the CLI configuration, which holds the token. */
    const mayHold = (name: string): boolean =>
      /\/data\/(?:plan\.json|terraform\.tfplan\.bin|cli\.tfrc(?:\.in)?)$/u.test(name) ||
      /^(?:workloads\/[^/]+\/output$|workloads\/[^/]+\/staging\/|drafts\/|trash\/|jobs\/[^/]+\/(?:files|results)\/)/u.test(
        name,
      )

    beforeAll(async () => {
      mirror = await ProviderMirror.start(providers ?? [], { token: mirrorToken.value })
      platform = await Platform.start()
      agent = await LocalAgent.start(platform, tool, {
        caCert: mirror.caCert,
        providerCache: { networkMirrors: [{ url: mirror.url, token: mirrorToken.value }] },
      })
      watch = new ArgvWatch()
      const told = join(platform.directory, 'made')
      const { client } = platform
      const workspace = await platform.workspace({
        iac,
        files: configuration,
        autoApply: true,
        hooks: hooksOf({
          preApply: `made=$(od -An -N9 -tx1 /dev/urandom | tr -d ' \\n'); echo "made-$made" >'${told}'; echo "MADE=made-$made" >"$SCALR_AGENT_ENV"`,
        }),
        variables: [
          { key: 'with-hyphen', value: hyphen, sensitive: true },
          { key: 'hcl', value: `{ a = ["${hcl}"] }`, hcl: true, sensitive: true },
          { key: 'outranked', value: inFile, sensitive: true },
          { key: 'large', value: large, sensitive: true },
        ],
      })
      await linkRegistryHook(platform, workspace, {
        name: 'registry',
        interpreter: 'sh',
        scriptfilePath: 'hook.sh',
        files: { 'hook.sh': `# ${hookText.value}\necho registry\n` },
        events: ['pre-plan'],
      })
      const { id } = await client.runs.create({ workspaceId: workspace.id })
      const done = new AbortController()
      const ending = platform.untilStatus(id, 'applied').finally(() => done.abort())
      ending.catch(() => {})
      const needles = [...byFifo, mirrorToken].flatMap(needlesOf)
      while (!done.signal.aborted) {
        live.push(...(await searchDirectory(agent.dataDir, needles, mayHold)))
        await delay(50)
      }
      run = await ending
      made = { name: 'what a hook made', value: (await readFile(told, 'utf8')).trim() }
    })

    afterAll(async () => {
      watch[Symbol.dispose]()
      await agent[Symbol.asyncDispose]()
      await platform[Symbol.asyncDispose]()
      await mirror[Symbol.asyncDispose]()
    })

    it('the attempt is real: all of it was used', async () => {
      const log = await platform.logs(run)
      expect(log).toMatch(/input\s+= "\*+ \*+ \*+"/u)
      expect(log).toContain('registry\nExit code: 0')
      // A hook's own secret is not known to the agent, as the documentation says.
      expect(log).toContain(`made: ${made.value}`)
      expect(mirror.downloads('time')).toBeGreaterThan(0)
      const outputs = await platform.client.workspaces.outputs(run.workspaceId)
      expect(outputs.find(({ name }) => name === 'told')?.value).toBe(
        createHash('sha256').update(`${hyphen} ${hcl} ${inFile} ${large}`).digest('hex'),
      )
    })

    it('are in no log', async () => {
      const log = Buffer.from(await platform.logs(run))
      const needles = [...byFifo, mirrorToken, hookText].flatMap(needlesOf)
      expect(searchPlanted('log', log, needles)).toEqual([])
    })

    it('values are on no disk of the agent while the job runs, but in its plan and raw output', () => {
      // A state that Terraform keeps beside a backend, a file of variables, a record: none of them.
      expect([...new Set(live)].filter((found) => !found.startsWith('a token'))).toEqual([])
    })

    it('nothing of them is on the disk of the agent afterwards', async () => {
      await expect.poll(() => readdir(join(agent.dataDir, 'jobs'))).toEqual([])
      await expect.poll(() => readdir(join(agent.dataDir, 'work'))).toEqual([])
      const needles = [...byFifo, mirrorToken, hookText, made].flatMap(needlesOf)
      expect(await searchDirectory(agent.dataDir, needles)).toEqual([])
    })

    it('are on no command line', () => {
      const needles = [...byFifo, mirrorToken, hookText, made].flatMap(needlesOf)
      expect(searchPlanted('argv', watch.seen, needles)).toEqual([])
    })

    it('the control plane has values where it must, and the agent’s token nowhere', async () => {
      const directory = platform.controlPlaneDirectory
      const isAllowed = (name: string): boolean =>
        name.includes('.sqlite') || /^(?:plans|job-files|states)\//u.test(name)
      expect(await searchDirectory(directory, byFifo.flatMap(needlesOf), isAllowed)).toEqual([])
      const database = join(directory, 'control-plane.sqlite')
      const allowed = new Set(['variables.value', 'signing_keys.secret'])
      expect(searchDatabase(database, byFifo.flatMap(needlesOf), allowed)).toEqual([])
      const keys = new Set(['signing_keys.secret'])
      expect(searchDatabase(database, needlesOf(mirrorToken), keys)).toEqual([])
      const anyFile = (name: string): boolean => name.includes('.sqlite')
      expect(await searchDirectory(directory, needlesOf(mirrorToken), anyFile)).toEqual([])
    })
  },
)

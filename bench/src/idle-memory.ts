import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { ScalrClient } from '@scalr-agent/core'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions, BenchResult } from './bench.ts'
import { ensureBuilt } from './memory/built-packages.ts'
import { PlainProcess } from './platform/plain-process.ts'
import { median, rounded } from './statistics.ts'

const defaultRounds = 3
const idleMs = 10_000
const targetAgentMebibytes = 90

/** What `idle-control-plane.js` says. */
interface Ready {
  readonly url: string
  readonly accountId: string
  readonly token: string
}

/** Resident memory in MiB of each process of one round. */
interface Sizes {
  readonly agent: number
  readonly controlPlane: number
  readonly bare: number
  readonly longPoll: number
}

/**
 * Resident memory of an agent and a control plane that have nothing to do, each a fresh process of the
 * built packages. Beside them a bare Node process, and one that holds a single long-poll. Nothing forces
 * a garbage collection: this is what the machine sees.
 */
export async function runIdleMemory(options: BenchOptions): Promise<BenchResult> {
  const hasProc = await access('/proc/self/status').then(
    () => true,
    () => false,
  )
  if (!hasProc) return { skipped: 'resident memory is read from /proc, which is not here' }
  options.onProgress((await ensureBuilt()) ? 'built the packages' : 'the packages are built')
  const rounds = options.rounds ?? defaultRounds
  const sizes: Sizes[] = []
  for (let round = 1; round <= rounds; round += 1) {
    options.onProgress(`round ${round} of ${rounds}`)
    sizes.push(await measure())
  }
  const of = (key: keyof Sizes): number => rounded(median(sizes.map((size) => size[key])))
  const [bare, longPoll] = [of('bare'), of('longPoll')]
  const figure = (name: string, value: number, peer: number): BenchFigure => ({
    bench: 'memory',
    figure: `${name}, median of ${rounds}`,
    value,
    unit: 'MiB',
    peer,
    ratio: rounded(value / peer, 2),
  })
  const agent = of('agent')
  return [
    {
      ...figure('idle agent beside a bare Node process', agent, bare),
      target: targetAgentMebibytes,
      ok: agent <= targetAgentMebibytes,
    },
    figure('idle agent beside a bare long-poll', agent, longPoll),
    figure('idle control plane beside a bare Node process', of('controlPlane'), bare),
  ]
}

async function measure(): Promise<Sizes> {
  await using resources = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-bench-'))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const start = async (name: string, ...args: readonly string[]): Promise<PlainProcess> =>
    resources.use(await PlainProcess.start(new URL(`memory/${name}.js`, import.meta.url), ...args))
  const controlPlane = await start('idle-control-plane', join(directory, 'control-plane'))
  // oxlint-disable-next-line no-unsafe-type-assertion -- it is in this folder
  const { url, token: poolToken } = await makePool(controlPlane.ready as Ready)
  const agent = await start('idle-agent', url, poolToken, join(directory, 'agent'))
  const bare = await start('bare-node')
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  resources.defer(() => {
    silent.closeAllConnections()
    silent.close()
  })
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const longPoll = await start('bare-long-poll', `http://127.0.0.1:${port}/`)
  await delay(idleMs)
  return {
    agent: await agent.residentMebibytes(),
    controlPlane: await controlPlane.residentMebibytes(),
    bare: await bare.residentMebibytes(),
    longPoll: await longPoll.residentMebibytes(),
  }
}

async function makePool(ready: Ready): Promise<{ readonly url: string; readonly token: string }> {
  const client = new ScalrClient(ready)
  try {
    const pool = await client.agentPools.create({ name: 'idle' })
    const { token } = await client.accessTokens.createForPool(pool.id)
    return { url: ready.url, token: token ?? '' }
  } finally {
    await client.close()
  }
}

import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'

import { ScalrClient } from '@scalr-agent/core'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions } from './bench.ts'
import { BareClient } from './client/bare-client.ts'
import { totalWorkspaces } from './client/serve-workspaces.ts'
import { median, rounded } from './statistics.ts'

const defaultRounds = 9
const callsPerRound = 300
const token = 'bench'
const mebibyte = 1024 ** 2

/** One value of ours, and of the bare thing beside it. */
interface Pair {
  readonly value: number
  readonly peer: number
}

/**
 * The typed client beside undici and JSON.parse, in turns: single calls, a list of 10,000 workspaces read
 * page by page, and the memory of that list when it is kept.
 */
export async function runClient(options: BenchOptions): Promise<readonly BenchFigure[]> {
  const rounds = options.rounds ?? defaultRounds
  const server = new Worker(new URL('client/server-thread.ts', import.meta.url))
  try {
    const [port] = await once(server, 'message')
    const url = `http://127.0.0.1:${Number(port)}`
    await using client = new ScalrClient({ url, token })
    await using bare = new BareClient(url, token)
    const calls: Pair[] = []
    const lists: Pair[] = []
    // The first round warms up, and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      if (round > 0) options.onProgress(`round ${round} of ${rounds}`)
      const call = {
        peer: (await timed(() => repeat(callsPerRound, () => bare.getOne()))) / callsPerRound,
        value:
          (await timed(() => repeat(callsPerRound, () => client.workspaces.get('ws-1')))) /
          callsPerRound,
      }
      const list = {
        peer: await timed(async () => expectAll(await countBare(bare))),
        value: await timed(async () => expectAll(await countTyped(client))),
      }
      if (round === 0) continue
      calls.push(call)
      lists.push(list)
    }
    const heap = {
      peer: await heldMebibytes(async () => await bare.all()),
      value: await heldMebibytes(async () => await client.workspaces.list().toArray()),
    }
    return [
      figure(`a call, median of ${rounds} × ${callsPerRound}`, calls, {
        unit: 'ms',
        digits: 3,
        target: 1.5,
      }),
      figure(`${totalWorkspaces} workspaces listed, median of ${rounds}`, lists, {
        unit: 'ms',
        digits: 0,
        target: 2,
      }),
      figure(`${totalWorkspaces} workspaces held`, [heap], { unit: 'MiB', digits: 1, target: 1 }),
    ]
  } finally {
    await server.terminate()
  }
}

function figure(
  name: string,
  pairs: readonly Pair[],
  form: { readonly unit: string; readonly digits: number; readonly target: number },
): BenchFigure {
  const { unit, digits, target } = form
  const of = (key: keyof Pair): number => rounded(median(pairs.map((pair) => pair[key])), digits)
  // Of pairs side by side, since other work comes and goes.
  const ratio = rounded(median(pairs.map(({ value, peer }) => value / peer)), 2)
  return {
    bench: 'client',
    figure: name,
    value: of('value'),
    unit,
    peer: of('peer'),
    ratio,
    target,
    targetOf: 'ratio',
    ok: ratio <= target,
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return performance.now() - startedMs
}

async function repeat(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += 1) await call()
}

async function countBare(bare: BareClient): Promise<number> {
  let count = 0
  for await (const page of bare.pages()) count += page.length
  return count
}

async function countTyped(client: ScalrClient): Promise<number> {
  let count = 0
  for await (const { name } of client.workspaces.list()) if (name !== '') count += 1
  return count
}

function expectAll(count: number): void {
  if (count !== totalWorkspaces) throw new Error(`${count} of ${totalWorkspaces} came`)
}

/** What stays on the heap for as long as the result is held. */
async function heldMebibytes(make: () => Promise<readonly unknown[]>): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  const heap = (): number => {
    if (typeof collect === 'function') collect()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  const held = await make()
  const after = heap()
  expectAll(held.length)
  return (after - before) / mebibyte
}

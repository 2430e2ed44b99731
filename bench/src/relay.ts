import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions } from './bench.ts'
import { RelayScene } from './relay/relay-scene.ts'
import { canTunnel } from './relay/ssh-tunnel.ts'
import { median, quantile, rounded } from './statistics.ts'

const defaultRounds = 5
const bodyMegabytes = 100
const calls = 300

/**
 * The VCS relay from a client of the gateway to the VCS and back: agent with its policy, gateway and VCS in
 * processes of their own, TLS on both legs. Beside it the same client at the VCS itself, in turns.
 */
export async function runRelay(options: BenchOptions): Promise<readonly BenchFigure[]> {
  const rounds = options.rounds ?? defaultRounds
  await using scene = await RelayScene.start()
  const { directUrl, relayedUrl } = scene
  const inTurns = async (
    measure: (url: string) => Promise<number>,
    name: string,
  ): Promise<{ readonly relayed: number; readonly direct: number }> => {
    const relayed: number[] = []
    const direct: number[] = []
    // The first of each makes the connections.
    for (let round = 0; round <= rounds; round += 1) {
      options.onProgress(`${name}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`)
      const [bare, through] = [await measure(directUrl), await measure(relayedUrl)]
      if (round === 0) continue
      direct.push(bare)
      relayed.push(through)
    }
    return { relayed: median(relayed), direct: median(direct) }
  }

  const clone = await inTurns((url) => scene.clone(url), 'clone of 100 MB')
  const tunnel = canTunnel ? await cloneThroughSsh(scene, rounds, options.onProgress) : undefined
  const body = await inTurns((url) => scene.archive(url, bodyMegabytes), 'archive of 100 MB')
  options.onProgress('small calls')
  const bare = await callsTo(scene, directUrl)
  const alone = await callsTo(scene, relayedUrl)
  options.onProgress('small calls beside archives')
  const bareBeside = await besideArchives(scene, directUrl)
  const beside = await besideArchives(scene, relayedUrl)
  const growth = await memoryOfLargeBody(scene, options.onProgress)
  options.onProgress('a killed agent')
  const knownMs = await scene.killAgent()

  const speed = (ms: number): number => (bodyMegabytes / ms) * 1000
  return [
    {
      bench: 'relay',
      figure: `clone of 100 MB, median of ${rounds}`,
      value: rounded(clone.relayed, 0),
      unit: 'ms',
      peer: rounded(clone.direct, 0),
      ...ratioTo(clone.relayed / clone.direct, 1.15),
    },
    ...(tunnel === undefined
      ? []
      : [
          {
            bench: 'relay',
            figure: 'the same through `ssh -R`',
            value: rounded(tunnel, 0),
            unit: 'ms',
            peer: rounded(clone.direct, 0),
            ratio: rounded(tunnel / clone.direct, 3),
          },
        ]),
    {
      bench: 'relay',
      figure: `archive of ${bodyMegabytes} MB, median of ${rounds}`,
      value: rounded(speed(body.relayed), 0),
      unit: 'MB/s',
      peer: rounded(speed(body.direct), 0),
      ratio: rounded(speed(body.relayed) / speed(body.direct), 2),
    },
    latency('small call alone, p50', quantile(alone, 0.5), quantile(bare, 0.5)),
    latency('small call alone, p95', quantile(alone, 0.95), quantile(bare, 0.95)),
    latency('small call beside archives, p50', quantile(beside, 0.5), quantile(bareBeside, 0.5)),
    {
      bench: 'relay',
      figure: 'small call beside archives, p95, peer: alone',
      value: rounded(quantile(beside, 0.95), 2),
      unit: 'ms',
      peer: rounded(quantile(alone, 0.95), 2),
      ...ratioTo(quantile(beside, 0.95) / quantile(alone, 0.95), 6),
    },
    ...growth,
    {
      bench: 'relay',
      figure: 'killed agent, until the caller knows',
      value: rounded(knownMs, 0),
      unit: 'ms',
      target: 1000,
      ok: knownMs <= 1000,
    },
  ]
}

/** What people use where there is no relay. */
async function cloneThroughSsh(
  scene: RelayScene,
  rounds: number,
  onProgress: (text: string) => void,
): Promise<number> {
  onProgress('clone of 100 MB through ssh -R')
  await using tunnel = await scene.openSshTunnel()
  const tookMs: number[] = []
  for (let round = 0; round < rounds; round += 1) tookMs.push(await scene.clone(tunnel.url))
  return median(tookMs)
}

function latency(figure: string, value: number, peer: number): BenchFigure {
  return {
    bench: 'relay',
    figure,
    value: rounded(value, 2),
    unit: 'ms',
    peer: rounded(peer, 2),
    ratio: rounded(value / peer, 1),
  }
}

function ratioTo(ratio: number, target: number): Partial<BenchFigure> {
  return { ratio: rounded(ratio, 3), target, targetOf: 'ratio', ok: ratio <= target }
}

async function callsTo(scene: RelayScene, url: string): Promise<readonly number[]> {
  for (let i = 0; i < 50; i += 1) await scene.call(url)
  const tookMs: number[] = []
  for (let i = 0; i < calls; i += 1) tookMs.push(await scene.call(url))
  return tookMs
}

/** One large archive after the other goes over, as long as the calls take. */
async function besideArchives(scene: RelayScene, url: string): Promise<readonly number[]> {
  const over = new AbortController()
  const bulk = (async () => {
    while (!over.signal.aborted) await scene.archive(url, 200)
  })()
  const tookMs = await callsTo(scene, url)
  over.abort()
  await bulk
  return tookMs
}

/** How much more memory 1 GB takes than 100 MB do. */
async function memoryOfLargeBody(
  scene: RelayScene,
  onProgress: (text: string) => void,
): Promise<readonly BenchFigure[]> {
  onProgress('memory with 1 GB')
  // Three of them, so that all that a process ever allocates is there.
  const small = await mostMemory(scene, async () => {
    for (let i = 0; i < 3; i += 1) await scene.archive(scene.relayedUrl, bodyMegabytes)
  })
  const large = await mostMemory(scene, () => scene.archive(scene.relayedUrl, 1000))
  return (['gateway', 'agent'] as const).map((name) => {
    const grown = large[name] - small[name]
    return {
      bench: 'relay',
      figure: `${name}, growth of memory from ${rounded(small[name], 0)} MiB with 1 GB`,
      value: rounded(grown),
      unit: 'MiB',
      target: 32,
      ok: grown <= 32,
    }
  })
}

/** Most resident memory of both sides while that goes on. */
async function mostMemory(
  scene: RelayScene,
  work: () => Promise<unknown>,
): Promise<{ readonly gateway: number; readonly agent: number }> {
  const most = { gateway: 0, agent: 0 }
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const name of ['gateway', 'agent'] as const) {
        most[name] = Math.max(most[name], await scene[name].residentMebibytes())
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  await work()
  over.abort()
  await watching
  return most
}

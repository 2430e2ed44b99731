import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { conformanceBehaviours } from '@scalr-agent/core/testing'

import { sumLine, type ConformanceSum } from './print-conformance.ts'

const kit = fileURLToPath(new URL('../kit.ts', import.meta.url))
const summary = /^(\d+) passed, (\d+) failed, (\d+) skipped$/u

/**
 * Runs the kit in several processes beside each other, since it waits more than it works, and after them what
 * counts in the whole engine. Prints as one kit would.
 */
export async function runParts(
  executor: string,
  parts: number,
  print: (line: string) => void,
): Promise<ConformanceSum> {
  const beside: string[][] = Array.from({ length: parts }, () => [])
  const alone: string[] = []
  let next = 0
  for (const { id, countsResources } of conformanceBehaviours) {
    if (countsResources === true) alone.push(id)
    else beside[next++ % parts]?.push(id)
  }
  const sums = await Promise.all(beside.map(async (ids) => await runPart(executor, ids, print)))
  sums.push(await runPart(executor, alone, print))
  const total = (name: keyof ConformanceSum): number =>
    sums.reduce((count, sum) => count + sum[name], 0)
  const sum = { passed: total('passed'), failed: total('failed'), skipped: total('skipped') }
  print(sumLine(sum))
  return sum
}

/** A part that ends without its sum has failed as a whole. */
async function runPart(
  executor: string,
  ids: readonly string[],
  print: (line: string) => void,
): Promise<ConformanceSum> {
  const only = ids.flatMap((id) => ['--only', id])
  const child = spawn(
    process.execPath,
    [...process.execArgv, kit, '--executor', executor, ...only],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  const lines = Buffer.concat(chunks).toString().trimEnd().split('\n')
  const sum = summary.exec(lines.at(-1) ?? '')
  for (const line of sum === null ? lines : lines.slice(0, -1)) if (line !== '') print(line)
  const [, passed, failed, skipped] = sum ?? []
  if (passed !== undefined) {
    return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }
  }
  print(`FAIL a part of the kit broke off; it was to run ${ids.join(', ')}`)
  return { passed: 0, failed: ids.length, skipped: 0 }
}

import type { ResourceCounts } from '../protocol/index.ts'

/**
 * What an apply did, from the tool's last line: `Apply complete! Resources: 1 added, 0 changed, 2
 * destroyed.` or `Destroy complete! Resources: 2 destroyed.`, with imports and forgotten resources in
 * some versions. A failed or interrupted apply prints neither.
 *
 * @param output the end of the log; a few KiB are enough.
 */
export function summarizeApply(output: string): ResourceCounts | undefined {
  const line = /^(?:Apply|Destroy) complete! Resources: (?<counts>[^\n]*)\.\r?$/gmu
  const counts = [...output.matchAll(line)].at(-1)?.groups?.['counts']
  if (counts === undefined) return undefined
  const count = (verb: string): number =>
    Number(new RegExp(String.raw`(?:^|, )(\d+) ${verb}(?:,|$)`, 'u').exec(counts)?.[1] ?? 0)
  return {
    additions: count('added'),
    changes: count('changed'),
    destructions: count('destroyed'),
  }
}

import {
  behaviourGroups,
  conformanceBehaviours,
  runConformance,
  type BehaviourResult,
  type RunConformanceOptions,
} from '@scalr-agent/core/testing'

export interface ConformanceSum {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Runs the kit and prints one line a behaviour, then the sum. */
export async function printConformance(
  options: RunConformanceOptions,
  print: (line: string) => void,
): Promise<ConformanceSum> {
  for (const name of options.only ?? []) {
    const known = conformanceBehaviours.some(({ id, group }) => id === name || group === name)
    if (!known) {
      throw new Error(
        `There is no behaviour or group '${name}'. Groups: ${behaviourGroups.join(', ')}.`,
      )
    }
  }
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for await (const result of runConformance(options)) {
    sum[result.status] += 1
    print(lineOf(result))
  }
  print(sumLine(sum))
  return sum
}

/** The last line of a kit. */
export function sumLine({ passed, failed, skipped }: ConformanceSum): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function lineOf(result: BehaviourResult): string {
  const { id, title } = result.behaviour
  switch (result.status) {
    case 'passed':
      return `ok   ${id} – ${title}`
    case 'skipped':
      return `skip ${id} – ${title} – ${result.reason}`
    case 'failed':
      return `FAIL ${id} – ${title} – ${reasonOf(result.error)}`
  }
}

/** One line, with the causes: an executor's error often only wraps what the engine said. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  const causes = inner.filter((cause) => cause !== undefined).map((cause) => reasonOf(cause))
  const name = 'code' in error ? `${error.name} ${String(error.code)}` : error.name
  const own = name === 'ConformanceFailure' ? error.message : `${name}: ${error.message}`
  return [own, ...causes].join(' ← ').replaceAll(/\s+/gu, ' ')
}

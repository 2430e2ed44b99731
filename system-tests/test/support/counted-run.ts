import type { CallCounter } from './call-counter.ts'
import { hooksOf } from './hooks.ts'
import type { WorkspaceOptions } from './platform.ts'

const ticks = 30
const tick = (name: string, half = ':'): string =>
  `i=0; while [ $i -lt ${ticks} ]; do i=$((i+1)); echo "${name} $i of ${ticks}"; [ $i != ${ticks / 2} ] || ${half}; sleep 0.1; done`

/** Numbers of all lines of such a part, when none is missing and none twice. */
export const allTicks: readonly number[] = Array.from({ length: ticks }, (_, index) => index + 1)

/** What a log has of the plan (`tock`) or the apply (`tick`), in its order. */
export function ticksOf(name: 'tick' | 'tock', log: string | undefined): readonly number[] {
  // Terraform says the command, too; only what it printed ends so.
  const line = new RegExp(`${name} (\\d+) of ${ticks}$`, 'gmu')
  return [...(log ?? '').matchAll(line)].map((match) => Number(match[1]))
}

/** What the log of the plan says once it is under way. */
export const midPlan = `tock 5 of ${ticks}`

/**
 * A plan and an apply of three seconds, each of which tells the counter once (`plan`, `apply`), and then tells
 * its time.
 */
export function countedRun(
  counter: CallCounter,
  options: {
    /** Comes before the names of its calls, where several runs share a counter. */
    readonly prefix?: string
    /** Its plan calls this once, half way, and waits for the answer. */
    readonly pausesAt?: string
  } = {},
): Pick<WorkspaceOptions, 'files' | 'hooks' | 'autoApply'> {
  const { prefix = '', pausesAt } = options
  const call = (name: string): string => `wget -q -O /dev/null ${counter.url}/${name}`
  const command = `${call(`${prefix}apply`)}; ${tick('tick')}`
  const half = pausesAt === undefined ? undefined : call(pausesAt)
  return {
    files: {
      'main.tf': `resource "terraform_data" "one" {
  provisioner "local-exec" {
    command = ${JSON.stringify(command)}
  }
}
`,
    },
    hooks: hooksOf({ prePlan: `${call(`${prefix}plan`)}; ${tick('tock', half)}` }),
    autoApply: true,
  }
}

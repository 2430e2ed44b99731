import type { ExecutorCapabilities } from '../../executor/index.ts'
import type { ConformanceOptions } from './conformance-options.ts'
import type { KitContext } from './kit-context.ts'

/** The groups of the kit, in the order in which they run. */
export const behaviourGroups = [
  'identity',
  'check',
  'launch',
  'output',
  'wait',
  'interrupt',
  'limits',
  'process',
  'files-in',
  'files-out',
  'secrets',
  'resources',
  'adoption',
  'lost',
  'destroy',
  'list',
] as const
/** One of `behaviourGroups`. */
export type BehaviourGroup = (typeof behaviourGroups)[number]

/** Capabilities that are yes or no. */
type Capability = {
  [Key in keyof ExecutorCapabilities]: ExecutorCapabilities[Key] extends boolean ? Key : never
}[keyof ExecutorCapabilities]

/** Options of the kit that some behaviours cannot do without. */
type NeededOption = 'childModule' | 'vanish' | 'inspect' | 'recordsDirectory' | 'countResources'

const neededOptions = {
  'option:childModule': 'childModule',
  'option:vanish': 'vanish',
  'option:inspect': 'inspect',
  'option:recordsDirectory': 'recordsDirectory',
  'option:countResources': 'countResources',
} as const satisfies { [Name in NeededOption as `option:${Name}`]: Name }

/** What a behaviour needs to be asked for; without it the behaviour is skipped, with the reason told. */
export type Requirement = Capability | 'isolation' | `option:${NeededOption}`

/** One thing that every executor does. */
export interface Behaviour {
  /** Stable, `<group>.<name>`. */
  readonly id: string
  readonly group: BehaviourGroup
  /** A sentence that is true of an executor that passes. */
  readonly title: string
  readonly requires?: readonly Requirement[]
  /**
   * Counts what is in the whole engine before and after: nothing else may come and go there meanwhile,
   * while other behaviours may run beside each other. @default false
   */
  readonly countsResources?: boolean
  /** @default 60_000 */
  readonly timeoutMs?: number
  /** Rejects when the executor does not behave so. */
  run(context: KitContext): Promise<void>
}

/** Why the behaviour cannot be asked of this executor; `undefined` when it can. */
export function reasonToSkip(
  behaviour: Behaviour,
  capabilities: ExecutorCapabilities,
  options: ConformanceOptions,
): string | undefined {
  for (const requirement of behaviour.requires ?? []) {
    const reason = missing(requirement, capabilities, options)
    if (reason !== undefined) return reason
  }
  return undefined
}

function missing(
  requirement: Requirement,
  capabilities: ExecutorCapabilities,
  options: ConformanceOptions,
): string | undefined {
  if (requirement === 'isolation') {
    return capabilities.isolation === 'none' ? "capabilities.isolation is 'none'" : undefined
  }
  if (isOption(requirement)) {
    const name = neededOptions[requirement]
    return options[name] === undefined ? `the option ${name} is not given` : undefined
  }
  return capabilities[requirement] ? undefined : `capabilities.${requirement} is false`
}

function isOption(requirement: Requirement): requirement is `option:${NeededOption}` {
  return Object.hasOwn(neededOptions, requirement)
}

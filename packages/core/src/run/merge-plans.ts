import { ProtocolError } from '../errors/index.ts'
import { jsonMembers } from './json-members.ts'

/** The plan of one unit, as `show -json` prints it. */
export interface UnitPlan {
  /** Path of the unit below the working directory, `.` for the directory itself. */
  readonly unit: string
  readonly json: string
}

/** Lists of a plan whose entries are put one after another. */
const lists = ['resource_changes', 'resource_drift', 'checks', 'relevant_attributes'] as const
/** Objects of a plan whose keys get the unit before them. */
const tables = ['variables', 'output_changes'] as const

/**
 * One plan document of the plans of several units, for what reads plans and knows no units, such as
 * policies: nothing that a plan would change may be missing where they look for it.
 *
 * - Entries of lists (`resource_changes`, `resource_drift`, resources of `planned_values`, `prior_state` and
 *   `configuration`) stand one after another, each with its `unit`.
 * - Keys of objects (`output_changes`, `variables`, `provider_config`, `module_calls`, outputs) become
 *   `<unit>/<key>`.
 * - `units` holds each plan whole, by its unit.
 *
 * It works on text: a number stays as the tool wrote it.
 *
 * @throws {@link ProtocolError} for what is no plan.
 */
export function mergePlans(plans: readonly UnitPlan[]): string {
  const units = plans
    .toSorted((one, other) => (one.unit < other.unit ? -1 : 1))
    .map(({ unit, json }) => ({ unit, json: json.trim(), plan: open(unit, json) }))
  const [first] = units
  const parts = new Map<string, string>()
  for (const name of ['format_version', 'terraform_version'] as const) {
    const value = first?.plan.get(name)
    if (value !== undefined) parts.set(name, value)
  }
  const sources = units.map(({ unit, plan }) => ({ unit, members: plan }))
  for (const name of tables) parts.set(name, table(sources, name))
  for (const name of lists) parts.set(name, list(sources, name))
  parts.set('planned_values', values(within(sources, 'planned_values')))
  parts.set(
    'prior_state',
    object([['values', values(within(within(sources, 'prior_state'), 'values'))]]),
  )
  parts.set('configuration', configuration(within(sources, 'configuration')))
  parts.set('units', object(units.map(({ unit, json }) => [unit, json])))
  return `${object([...parts])}\n`
}

/** A part of each unit's plan. */
interface Source {
  readonly unit: string
  readonly members: ReadonlyMap<string, string>
}

function open(unit: string, json: string): ReadonlyMap<string, string> {
  try {
    // What is sliced below must be JSON all through.
    JSON.parse(json)
    const members = jsonMembers(json)
    if (members.has('format_version')) return members
  } catch (error) {
    throw noPlan(unit, error)
  }
  throw noPlan(unit)
}

function noPlan(unit: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    `Cannot read the plan of the unit ${JSON.stringify(unit)}: what the tool printed for it is no plan in JSON. Plan again, and report it if it stays so.`,
    { code: 'INVALID_ARCHIVE', cause },
  )
}

function within(sources: readonly Source[], name: string): readonly Source[] {
  return sources.map(({ unit, members }) => ({
    unit,
    members: jsonMembers(members.get(name) ?? '{}'),
  }))
}

function values(sources: readonly Source[]): string {
  const roots = within(sources, 'root_module')
  return object([
    ['outputs', table(sources, 'outputs')],
    [
      'root_module',
      object([
        ['resources', list(roots, 'resources')],
        ['child_modules', list(roots, 'child_modules')],
      ]),
    ],
  ])
}

function configuration(sources: readonly Source[]): string {
  const roots = within(sources, 'root_module')
  return object([
    ['provider_config', table(sources, 'provider_config')],
    [
      'root_module',
      object([
        ['resources', list(roots, 'resources')],
        ...['module_calls', 'variables', 'outputs'].map(
          (name) => [name, table(roots, name)] as const,
        ),
      ]),
    ],
  ])
}

function table(sources: readonly Source[], name: string): string {
  return object(
    sources.flatMap(({ unit, members }) =>
      [...jsonMembers(members.get(name) ?? '{}')].map(
        ([key, value]) => [`${unit}/${key}`, value] as const,
      ),
    ),
  )
}

function list(sources: readonly Source[], name: string): string {
  const entries = sources.flatMap(({ unit, members }) =>
    [...jsonMembers(members.get(name) ?? '[]').values()].map((entry) => marked(unit, entry)),
  )
  return `[${entries.join(',')}]`
}

function marked(unit: string, entry: string): string {
  if (!entry.startsWith('{')) return entry
  return object([['unit', JSON.stringify(unit)], ...jsonMembers(entry)])
}

function object(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

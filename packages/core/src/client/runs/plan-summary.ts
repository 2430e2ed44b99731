import { z } from 'zod'

/** What a plan would do to one resource. */
export type ChangeAction = 'create' | 'update' | 'delete' | 'replace' | 'read' | 'forget' | 'none'

export interface ResourceChange {
  /** e.g. `module.network.aws_vpc.main`. */
  readonly address: string
  readonly action: ChangeAction
  /** It exists, and would be taken into the state. */
  readonly isImport: boolean
  /** Address that it is moved from. */
  readonly movedFrom: string | undefined
}

/** What a plan would change. Addresses and counts alone: values may be secret. */
export interface PlanSummary {
  readonly add: number
  readonly change: number
  readonly destroy: number
  readonly imports: number
  /** Names of outputs that would change. */
  readonly outputs: readonly string[]
  /** Those that would change, in the plan's order. */
  readonly resources: readonly ResourceChange[]
}

const actionsSchema = z.array(z.string())
const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        previous_address: z.string().optional(),
        change: z.object({ actions: actionsSchema, importing: z.unknown().optional() }),
      }),
    )
    .default([]),
  output_changes: z.record(z.string(), z.object({ actions: actionsSchema })).default({}),
})

/**
 * Reads the JSON of a plan (`terraform show -json`, format 1.x).
 * @throws ZodError when it is none
 */
export function summarizePlan(planJson: unknown): PlanSummary {
  const plan = planSchema.parse(planJson)
  const all = plan.resource_changes.map(
    ({ address, previous_address: previous, change }): ResourceChange => ({
      address,
      action: actionOf(change.actions),
      isImport: change.importing !== undefined && change.importing !== null,
      movedFrom: previous === address ? undefined : previous,
    }),
  )
  const count = (...actions: readonly ChangeAction[]): number =>
    all.filter(({ action }) => actions.includes(action)).length
  return {
    // A replacement is both, as in Terraform's own last line.
    add: count('create', 'replace'),
    change: count('update'),
    destroy: count('delete', 'replace'),
    imports: all.filter(({ isImport }) => isImport).length,
    outputs: Object.entries(plan.output_changes)
      .filter(([, { actions }]) => actionOf(actions) !== 'none')
      .map(([name]) => name),
    resources: all.filter(
      ({ action, isImport, movedFrom }) =>
        !['none', 'read'].includes(action) || isImport || movedFrom !== undefined,
    ),
  }
}

const single: readonly ChangeAction[] = ['create', 'update', 'delete', 'read', 'forget']

function actionOf(actions: readonly string[]): ChangeAction {
  if (actions.length > 1) return 'replace'
  return single.find((action) => action === actions[0]) ?? 'none'
}

const signs: Readonly<Record<ChangeAction, string>> = {
  create: '+ create',
  update: '~ change',
  delete: '- destroy',
  replace: '± replace',
  read: '  read',
  forget: '. forget',
  none: '  keep',
}

/** A summary for people: the counts, then a line for each resource. */
export function describePlan(summary: PlanSummary): string {
  const { add, change, destroy, imports, resources, outputs } = summary
  const imported = imports === 0 ? '' : `, ${imports} to import`
  return [
    `${add} to add, ${change} to change, ${destroy} to destroy${imported}`,
    ...resources.map(({ action, address, isImport, movedFrom }) => {
      const notes = [isImport ? 'import' : [], movedFrom === undefined ? [] : `from ${movedFrom}`]
      const note = notes.flat().join(', ')
      return `  ${signs[action].padEnd(10)} ${address}${note === '' ? '' : ` (${note})`}`
    }),
    ...(outputs.length === 0 ? [] : [`  outputs: ${outputs.join(', ')}`]),
  ].join('\n')
}

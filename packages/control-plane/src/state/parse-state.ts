import { z } from 'zod'

/** What the control plane wants to know of a Terraform state. */
export interface ParsedState {
  readonly serial: number
  readonly lineage: string | null
  readonly terraformVersion: string | null
  /** Sensitive values are left out: they stay in the state's file and nowhere else (I12). */
  readonly outputs: readonly StateOutput[]
  readonly resources: readonly StateResource[]
}

export interface StateOutput {
  readonly name: string
  readonly value: unknown
  readonly sensitive: boolean
}

/** One instance. The field names are those of Scalr's `state-versions`. */
export interface StateResource {
  readonly address: string
  readonly type: string
  readonly module: string | null
  readonly index: string | number | null
}

const stateSchema = z.object({
  version: z.literal(4),
  serial: z.int().nonnegative(),
  lineage: z.string().optional(),
  terraform_version: z.string().optional(),
  outputs: z
    .record(z.string(), z.object({ value: z.unknown(), sensitive: z.boolean().optional() }))
    .nullish(),
  resources: z
    .array(
      z.object({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z
          .array(z.object({ index_key: z.union([z.string(), z.number()]).optional() }))
          .nullish(),
      }),
    )
    .nullish(),
})

/** `undefined` for what is no Terraform or OpenTofu state of version 4, the one since 0.12. */
export function parseState(bytes: Uint8Array): ParsedState | undefined {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
  const state = stateSchema.safeParse(json)
  if (!state.success) return undefined
  const { data } = state
  return {
    serial: data.serial,
    lineage: data.lineage ?? null,
    terraformVersion: data.terraform_version ?? null,
    outputs: Object.entries(data.outputs ?? {}).map(([name, { value, sensitive }]) => ({
      name,
      value: sensitive === true ? null : value,
      sensitive: sensitive === true,
    })),
    resources: (data.resources ?? [])
      // Data sources are read, not managed.
      .filter((resource) => resource.mode === 'managed')
      .flatMap((resource) =>
        (resource.instances ?? []).map((instance) => describe(resource, instance.index_key)),
      ),
  }
}

function describe(
  resource: {
    readonly module?: string | undefined
    readonly type: string
    readonly name: string
  },
  index: string | number | undefined,
): StateResource {
  const prefix = resource.module === undefined ? '' : `${resource.module}.`
  const suffix = index === undefined ? '' : `[${JSON.stringify(index)}]`
  return {
    address: `${prefix}${resource.type}.${resource.name}${suffix}`,
    type: resource.type,
    module: resource.module ?? null,
    index: index ?? null,
  }
}

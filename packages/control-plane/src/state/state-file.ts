import { z } from 'zod'

import { StateError } from './state-error.ts'

const indexSchema = z.union([z.string(), z.number()])

const stateFileSchema = z.object({
  version: z.int(),
  serial: z.int().nonnegative(),
  lineage: z.string(),
  outputs: z
    .record(
      z.string(),
      z.object({
        value: z.unknown(),
        type: z.unknown().optional(),
        sensitive: z.boolean().optional(),
      }),
    )
    .nullish(),
  resources: z
    .array(
      z.object({
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        module: z.string().optional(),
        instances: z.array(z.object({ index_key: indexSchema.optional() })).nullish(),
      }),
    )
    .nullish(),
})

/** What we know of a state without its secrets. */
export interface StateSummary {
  readonly serial: number
  readonly lineage: string
  readonly outputs: readonly StateOutput[]
  readonly resources: readonly StateResource[]
}

/** `value` is absent where the output is sensitive: it stays in the state's own file. */
export interface StateOutput {
  readonly name: string
  readonly sensitive: boolean
  readonly type?: unknown
  readonly value?: unknown
}

export interface StateResource {
  readonly address: string
  readonly type: string
  readonly module: string | null
  readonly index: string | number | null
}

/** Reads a state of format 4. @throws {@link StateError} 400 */
export function readStateFile(content: Uint8Array): StateSummary {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content))
  } catch {
    throw new StateError(400, 'The state is no JSON document. Nothing was changed.')
  }
  const parsed = stateFileSchema.safeParse(json)
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.map(String).join('.') || '(root)')
    throw new StateError(
      400,
      `The state is not what Terraform writes: see ${where.slice(0, 5).join(', ')}. Nothing was changed.`,
    )
  }
  const { data } = parsed
  if (data.version !== 4) {
    throw new StateError(
      400,
      `The state has format ${data.version}; format 4 (Terraform 0.12 and later) is needed.`,
    )
  }
  return {
    serial: data.serial,
    lineage: data.lineage,
    outputs: Object.entries(data.outputs ?? {}).map(([name, output]) => ({
      name,
      sensitive: output.sensitive === true,
      ...(output.type === undefined ? {} : { type: output.type }),
      ...(output.sensitive === true ? {} : { value: output.value }),
    })),
    resources: (data.resources ?? []).flatMap(({ instances, ...resource }) =>
      (instances ?? []).map((instance) => describeResource(resource, instance.index_key)),
    ),
  }
}

function describeResource(
  resource: {
    readonly mode: string
    readonly type: string
    readonly name: string
    readonly module?: string | undefined
  },
  index: string | number | undefined,
): StateResource {
  const { module, mode, type, name } = resource
  const key = index === undefined ? '' : `[${JSON.stringify(index)}]`
  return {
    address: [module, mode === 'data' ? 'data' : undefined, type, `${name}${key}`]
      .filter((part) => part !== undefined)
      .join('.'),
    type,
    module: module ?? null,
    index: index ?? null,
  }
}

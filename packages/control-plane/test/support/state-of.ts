/** A state as Terraform writes it. */
export function stateOf(
  values: {
    readonly serial?: number
    readonly lineage?: string
    readonly outputs?: Readonly<Record<string, unknown>>
    readonly resources?: readonly unknown[]
  } = {},
): Buffer<ArrayBuffer> {
  return Buffer.from(
    JSON.stringify({
      version: 4,
      terraform_version: '1.11.4',
      serial: 1,
      lineage: 'lineage-1',
      outputs: {},
      resources: [],
      ...values,
    }),
  )
}

import { z } from 'zod'

import { invalidAttribute } from '../json-api/index.ts'

import { never } from './refusals.ts'
import { variableNameFault } from './variable-names.ts'

/** Goes behind `-target=`: one line, as Terraform writes addresses. */
const address = z
  .string()
  .min(1)
  .max(262_143)
  .regex(/^\P{Cc}+$/u, 'An address is one line of text.')

/** An environment cannot hold it, and a process would be cut short there. */
export const variableValue = z
  .string()
  .max(65_535)
  .refine((value) => !value.includes('\0'), { message: 'Value cannot hold a NUL character.' })

const runVariable = z
  .object({
    key: z.string().min(1, 'Key cannot be empty.').max(128),
    value: variableValue.nullish(),
    category: z.enum(['terraform', 'shell', 'env'], {
      error: 'Category must be one of terraform, shell, env.',
    }),
    hcl: z.boolean().default(false),
    sensitive: z.boolean().default(false),
  })
  .superRefine(({ key, category }, context) => {
    const message = variableNameFault(key, category)
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['key'], message })
  })

/** What is said of a run when it is created. */
export const runAttributesSchema = z.object({
  message: z.string().max(512).nullish(),
  source: z
    .string()
    .regex(/^[a-z][a-z-]{0,63}$/u)
    .optional(),
  'is-destroy': z.boolean().optional(),
  'is-dry': z.boolean().optional(),
  'auto-apply': z.boolean().optional(),
  refresh: z.boolean().nullish(),
  'refresh-only': z.boolean().nullish(),
  'save-plan': z.boolean().nullish(),
  'target-addrs': z.array(address).max(1000).nullish(),
  'replace-addrs': z.array(address).max(1000).nullish(),
  variables: z.array(runVariable).max(1000).nullish(),
  // Passed over, these would run at another time or with other values than was asked for.
  'plan-at': never('This control plane does not schedule runs.'),
  inputs: z
    .array(z.unknown())
    .max(0, 'Inputs are not taken here; give them as variables of the run.')
    .nullish(),
})

/** @throws {@link PublicApiError} 422 for what Terraform would refuse in the plan */
export function checkRunMode(attributes: z.infer<typeof runAttributesSchema>): void {
  const isRefreshOnly = attributes['refresh-only'] === true
  const isDestroy = attributes['is-destroy'] === true
  if (isRefreshOnly && isDestroy) {
    throw invalidAttribute('refresh-only', 'A run cannot be both refresh-only and destroy.')
  }
  if (isRefreshOnly && attributes.refresh === false) {
    throw invalidAttribute('refresh', 'A refresh-only run cannot skip the refresh.')
  }
  if ((isRefreshOnly || isDestroy) && (attributes['replace-addrs'] ?? []).length > 0) {
    throw invalidAttribute(
      'replace-addrs',
      `A ${isDestroy ? 'destroy' : 'refresh-only'} run cannot replace resources.`,
    )
  }
}

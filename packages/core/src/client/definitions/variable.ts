import { choice, flag, instant, text } from '../kind.ts'
import { defineResource, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const variableDefinition = defineResource({
  type: 'vars',
  path: '/vars',
  label: 'variable',
  attributes: {
    category: required(choice('terraform', 'shell', 'env')),
    description: write(text),
    final: write(flag),
    hcl: write(flag),
    key: required(text),
    sensitive: write(flag),
    updatedAt: read(instant),
    updatedByEmail: read(text),
    value: write(text),
  },
  relations: {
    account: one('accounts', 'read'),
    environment: one('environments'),
    updatedBy: one('users', 'read'),
    workspace: one('workspaces'),
  },
  include: ['updatedBy'],
  filter: ['environment', 'workspace', 'category', 'key', 'var'],
  sort: ['key', 'updatedAt'],
})

/** A Terraform or shell variable. The value of a sensitive one is never read back. */
export type Variable = ReadOf<typeof variableDefinition>

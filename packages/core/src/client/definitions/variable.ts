import { choice, flag, instant, nullable, text } from '../kind.ts'
import { defineResource, one, parameter, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const variableDefinition = defineResource({
  type: 'vars',
  path: '/vars',
  label: 'variable',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    category: required(choice('terraform', 'shell', 'env')),
    description: write(nullable(text)),
    final: write(flag),
    hcl: write(flag),
    key: required(text),
    sensitive: write(flag),
    updatedAt: read(instant),
    updatedByEmail: read(text),
    value: write(nullable(text)),
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
  includeOnWrite: true,
  sparse: { on: ['get'], types: ['users', 'vars'] },
  parameters: {
    create: { force: parameter('force', flag) },
    update: { force: parameter('force', flag) },
  },
})

/** A Terraform or shell variable. The value of a sensitive one is never read back. */
export type Variable = ReadOf<typeof variableDefinition>

import { choice, instant, needed, nullable, shape, text } from '../kind.ts'
import {
  always,
  defineResource,
  many,
  one,
  parameter,
  read,
  required,
  write,
} from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const hookDefinition = defineResource({
  type: 'hooks',
  path: '/hooks',
  label: 'hook',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    description: write(nullable(text)),
    errorMessage: read(text),
    hookBlobId: read(text),
    interpreter: required(text),
    name: required(text),
    scriptfilePath: required(text),
    status: always(choice('pending', 'active', 'errored')),
    updatedAt: read(instant),
    vcsRepo: write(shape({ branch: nullable(text), identifier: needed(text) })),
  },
  relations: {
    account: one('accounts', 'read'),
    environments: many('environments', 'read'),
    readme: one('hook-readme', 'read'),
    updatedBy: one('users', 'read'),
    vcsProvider: one('vcs-providers'),
    vcsRevision: one('vcs-revisions', 'read'),
  },
  /** Of the embedded control plane alone. */
  links: { uploadUrl: 'upload' },
  include: ['account', 'readme', 'updatedBy', 'vcsProvider', 'vcsRevision'],
  filter: ['name', 'vcsProvider', 'hook', 'status'],
  sort: ['name', 'updatedAt', 'updatedBy'],
  sparse: {
    on: ['list', 'get'],
    types: ['accounts', 'hook-readme', 'hooks', 'users', 'vcs-providers', 'vcs-revisions'],
  },
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** A script of the hooks registry. */
export type Hook = ReadOf<typeof hookDefinition>

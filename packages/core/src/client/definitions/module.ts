import { choice, instant, needed, shape, text } from '../kind.ts'
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

export const moduleDefinition = defineResource({
  type: 'modules',
  path: '/modules',
  label: 'module',
  operations: ['list', 'create', 'get', 'delete'],
  attributes: {
    createdAt: read(instant),
    description: read(text),
    errorMessage: read(text),
    name: write(text),
    provider: write(text),
    source: read(text),
    status: always(choice('no_version_tags', 'pending', 'setup_complete', 'errored')),
    vcsRepo: required(shape({ identifier: needed(text), path: text, tagPrefix: text })),
  },
  relations: {
    account: one('accounts', 'read'),
    createdBy: one('users', 'read'),
    environment: one('environments'),
    latestModuleVersion: one('module-versions', 'read'),
    moduleVersion: one('module-versions', 'read'),
    moduleVersions: many('module-versions', 'read'),
    namespace: one('module-namespaces'),
    vcsProvider: one('vcs-providers', 'required'),
  },
  include: [
    'createdBy',
    'environment',
    'latestModuleVersion',
    'moduleVersions',
    'namespace',
    'vcsProvider',
  ],
  filter: [
    'name',
    'provider',
    'source',
    'status',
    'environment',
    'account',
    'moduleVersions.status',
    'moduleVersions.isRootModule',
    'vcsProvider',
    'moduleNamespace',
    'namespace.environments',
  ],
  sort: ['createdAt', 'environment', 'name'],
  sparse: {
    on: ['list'],
    types: [
      'environments',
      'module-namespaces',
      'module-versions',
      'modules',
      'users',
      'vcs-providers',
    ],
  },
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** A module of the registry: its versions are the tags of its repository. */
export type Module = ReadOf<typeof moduleDefinition>

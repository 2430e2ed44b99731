import { count, flag, instant, json, list, map, nullable, shape, text } from '../kind.ts'
import { defineResource, one, parameter, read, secret, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const stateVersionDefinition = defineResource({
  type: 'state-versions',
  path: '/state-versions',
  label: 'state version',
  operations: ['list', 'create', 'get'],
  attributes: {
    createdAt: read(instant),
    force: write(flag),
    lineage: write(nullable(text)),
    md5: write(text),
    modules: read(map),
    outputs: read(list(shape({ name: text, sensitive: flag, value: nullable(json) }))),
    providers: read(map),
    resources: read(
      list(shape({ address: text, index: nullable(json), module: nullable(text), type: text })),
    ),
    serial: write(count),
    size: read(count),
    state: secret(write(nullable(text))),
  },
  relations: {
    nextStateVersion: one('state-versions', 'read'),
    previousStateVersion: one('state-versions', 'read'),
    run: one('runs'),
    workspace: one('workspaces', 'required'),
  },
  include: [],
  filter: ['workspace', 'run'],
  sort: ['createdAt'],
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** One version of a workspace's Terraform state. */
export type StateVersion = ReadOf<typeof stateVersionDefinition>

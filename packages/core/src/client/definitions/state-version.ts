import { count, flag, instant, json, list, map, shape, text } from '../kind.ts'
import { defineResource, one, read, secret, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const stateVersionDefinition = defineResource({
  type: 'state-versions',
  path: '/state-versions',
  label: 'state version',
  attributes: {
    createdAt: read(instant),
    force: write(flag),
    lineage: write(text),
    md5: write(text),
    modules: read(map),
    outputs: read(list(shape({ name: text, sensitive: flag, value: json }))),
    providers: read(map),
    resources: read(list(shape({ address: text, index: json, module: text, type: text }))),
    serial: write(count),
    size: read(count),
    state: secret(write(text)),
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
})

/** One version of a workspace's Terraform state. */
export type StateVersion = ReadOf<typeof stateVersionDefinition>

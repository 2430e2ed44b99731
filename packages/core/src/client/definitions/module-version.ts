import { choice, count, flag, instant, json, list, map, nullable, shape, text } from '../kind.ts'
import { always, defineResource, one, read, required } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const moduleVersionDefinition = defineResource({
  type: 'module-versions',
  path: '/module-versions',
  label: 'module version',
  operations: ['list', 'get'],
  attributes: {
    createdAt: read(instant),
    dependencies: read(map),
    details: read(text),
    errorMessage: read(text),
    inputs: read(list(json)),
    isForbiddenBy: read(choice('tofu_test')),
    isRootModule: read(flag),
    outputs: read(
      list(shape({ description: text, name: text, sensitive: flag, value: nullable(json) })),
    ),
    resources: read(list(shape({ address: text, type: text }))),
    size: read(count),
    status: always(choice('not_uploaded', 'pending', 'ok', 'errored', 'pending_delete')),
    version: required(text),
  },
  relations: {
    module: one('modules', 'required'),
    vcsRevision: one('vcs-revisions', 'read'),
  },
  include: ['module', 'vcsRevision'],
  filter: ['module', 'status', 'version'],
  sort: ['version'],
  sparse: { on: ['list'], types: ['module-versions', 'modules', 'vcs-revisions'] },
})

/** One version of a module. */
export type ModuleVersion = ReadOf<typeof moduleVersionDefinition>

import { choice, count, flag, instant, json, list, map, nullable, shape, text } from '../kind.ts'
import { always, defineResource, one, read, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const configurationVersionDefinition = defineResource({
  type: 'configuration-versions',
  path: '/configuration-versions',
  label: 'configuration version',
  operations: ['list', 'create', 'get'],
  attributes: {
    /** Where it is from; read it back as `vcsRevision`. Of the embedded control plane alone. */
    agentVcsRevision: write(
      nullable(
        shape({
          branch: nullable(text),
          cloneUrl: nullable(text),
          commitMessage: nullable(text),
          commitSha: nullable(text),
          commitUrl: nullable(text),
          repositoryId: nullable(text),
          senderUsername: nullable(text),
        }),
      ),
    ),
    autoQueueRuns: write(flag),
    createdAt: read(instant),
    errorMessage: read(text),
    inputs: read(list(json)),
    isDry: write(flag),
    size: read(count),
    source: read(text),
    status: always(choice('errored', 'pending', 'uploaded')),
    statusTimestamps: read(map),
  },
  relations: {
    vcsRevision: one('vcs-revisions', 'read'),
    workspace: one('workspaces', 'required'),
  },
  /** Only in the answer to `create`. */
  links: { uploadUrl: 'upload' },
  include: ['vcsRevision'],
  filter: ['workspace'],
  sort: [],
})

/** One upload of a workspace's Terraform files. */
export type ConfigurationVersion = ReadOf<typeof configurationVersionDefinition>

import { choice, list, text } from '../kind.ts'
import { defineResource, one, parameter, required } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const hookEnvironmentLinkDefinition = defineResource({
  type: 'hook-environment-links',
  path: '/hook-environment-links',
  label: 'link of a hook to an environment',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    events: required(list(choice('pre-init', 'pre-plan', 'post-plan', 'pre-apply', 'post-apply'))),
  },
  relations: {
    environment: one('environments', 'required'),
    hook: one('hooks', 'required'),
    vcsProvider: one('vcs-providers', 'read'),
    vcsRevision: one('vcs-revisions', 'read'),
  },
  include: ['hook', 'vcsProvider', 'vcsRevision'],
  filter: ['environment', 'events'],
  sort: ['name', 'updatedAt', 'updatedBy'],
  sparse: {
    on: ['list', 'get'],
    types: ['hook-environment-links', 'hooks', 'vcs-providers', 'vcs-revisions'],
  },
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** In which environment a hook of the registry runs, and when. */
export type HookEnvironmentLink = ReadOf<typeof hookEnvironmentLinkDefinition>

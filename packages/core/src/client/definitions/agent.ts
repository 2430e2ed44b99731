import { choice, instant, text } from '../kind.ts'
import { always, defineResource, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const agentDefinition = defineResource({
  type: 'agents',
  path: '/agents',
  label: 'agent',
  operations: ['list', 'get', 'delete'],
  attributes: {
    cpuPlatform: write(choice('linux_amd64', 'linux_arm64')),
    createdAt: read(instant),
    driver: write(choice('unknown', 'local', 'docker', 'kubernetes', 'kubernetes-job')),
    errorMessage: read(text),
    kubernetesDriverMode: write(choice('default', 'controller', 'worker')),
    lastSeenAt: read(instant),
    name: required(text),
    os: required(text),
    relayLastSeenAt: read(instant),
    runtime: write(choice('unknown', 'docker', 'kubernetes', 'vm', 'fargate')),
    status: always(choice('idle', 'busy', 'offline', 'errored')),
    upgradeStatus: read(choice('none', 'low', 'medium', 'high')),
    version: write(text),
  },
  relations: {
    pool: one('agent-pools', 'read'),
  },
  include: ['pool'],
  filter: ['agent', 'agentPool', 'name'],
  sort: ['lastSeenAt', 'name', 'os', 'pool', 'status', 'version'],
})

/** An agent as the control plane sees it: registered in a pool, with its status and driver. */
export type Agent = ReadOf<typeof agentDefinition>

import type { ApiAnswer } from './api-client.ts'
import { RunningAgent } from './running-agent.ts'
import { makeWorkspace, uploadConfiguration, type World } from './world.ts'

export type Attributes = Record<string, unknown>

/** A workspace with a configuration and an agent, and what people do to its runs. */
export async function prepareRuns(world: World, attributes: Attributes = {}) {
  const made = await makeWorkspace(world.api, attributes)
  await uploadConfiguration(world.api, made.workspaceId)
  const relations = { workspace: ['workspaces', made.workspaceId] } as const
  return {
    ...made,
    agent: await RunningAgent.register(world, made.poolId),
    /** Asks for a run. */
    ask: (values: Attributes = {}): Promise<ApiAnswer> =>
      world.api.write('POST', '/runs', 'runs', values, relations),
    status: async (runId: string): Promise<string> =>
      (await world.api.get(`/runs/${runId}`)).body.data.attributes.status,
    act: (runId: string, action: string, json?: unknown): Promise<ApiAnswer> =>
      world.api.post(`/runs/${runId}/actions/${action}`, json),
    settings: (values: Attributes): Promise<ApiAnswer> =>
      world.api.write('PATCH', `/workspaces/${made.workspaceId}`, 'workspaces', values),
  }
}

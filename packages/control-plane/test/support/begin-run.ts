import { RunningAgent } from './running-agent.ts'
import { makeWorkspace, uploadConfiguration, type World } from './world.ts'

/** A run that applies by itself, an agent for it, and what the API says of it. */
export async function beginRun(world: World, attributes: Record<string, unknown> = {}) {
  const { poolId, workspaceId } = await makeWorkspace(world.api, attributes)
  await uploadConfiguration(world.api, workspaceId)
  const run = await world.api.create(
    '/runs',
    'runs',
    { 'auto-apply': true },
    { workspace: ['workspaces', workspaceId] },
  )
  const agent = await RunningAgent.register(world, poolId)
  const read = async () => {
    const { body } = await world.api.get(`/runs/${run.id}?include=plan,apply`)
    const [plan, apply] = body.included
    return { run: body.data.attributes, plan, apply }
  }
  return { workspaceId, runId: String(run.id), agent, read }
}

/** Calls Terraform's http backend. */
export function callState(
  world: World,
  workspaceId: string,
  method: string,
  options: { readonly token: string; readonly body?: string | Buffer<ArrayBuffer> },
): Promise<Response> {
  const { token, body } = options
  return fetch(`${world.controlPlane.url}/api/agent/v1/state/${workspaceId}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`run:${token}`).toString('base64')}` },
    ...(body === undefined ? {} : { body }),
  })
}

import { AgentClient } from './agent-client.ts'
import { registration } from './agent-messages.ts'
import type { Json } from './api-client.ts'
import type { World } from './world.ts'

/** Registers an agent with a new token of the pool. @returns the answer, and the id of the token */
export async function registerAgent(world: World, poolId: string, name = 'agent'): Promise<Json> {
  const token = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
  const answer = await new AgentClient(world.controlPlane.url).call('POST', '/sessions', {
    token: token.attributes.token,
    headers: { 'idempotency-key': `register-${name}` },
    json: registration(name, { version: '0.0.0', driver: 'local' }),
  })
  if (answer.status >= 300) throw new Error(`register: ${answer.status} ${answer.text}`)
  return { tokenId: token.id, ...answer.body }
}

import { expect, it } from 'vitest'

import { ApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { KilledPlane } from '../support/killed-plane.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { accept, startWebhookReceiver } from '../support/webhook-receiver.ts'
import { makeWorkspace, uploadConfiguration } from '../support/world.ts'

it('I7: a control plane that is killed while it calls calls again, under the same key, until it is accepted', async () => {
  await using directory = await temporaryDirectory()
  await using receiver = await startWebhookReceiver()
  await using plane = new KilledPlane(directory.path)
  const { url, ownerToken } = await plane.serving()
  const api = new ApiClient({ url, ownerToken: () => ownerToken })
  const { poolId, workspaceId } = await makeWorkspace(api)
  const webhook = { 'webhook-enabled': true, 'webhook-url': receiver.url }
  await api.write('PATCH', `/agent-pools/${poolId}`, 'agent-pools', webhook)
  await uploadConfiguration(api, workspaceId)
  // The call is under way when it dies: it cannot know whether the task began.
  receiver.answer = () => {}
  const run = await api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
  await eventually(() => expect(receiver.received).toHaveLength(1))
  receiver.answer = accept
  await plane.killAndRestart()
  await eventually(async () => {
    const { body } = await api.get(`/runs/${run.id}`)
    expect(body.data.attributes['agent-waiting-reason']).toContain('accepted the task')
  })
  expect(receiver.received).toHaveLength(2)
  // Accepted is accepted.
  await plane.killAndRestart()
  await api.get(`/runs/${run.id}`)
  expect(receiver.received).toHaveLength(2)
  expect(new Set(receiver.received.map(({ body }) => body['task_id'])).size).toBe(1)
  expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
})

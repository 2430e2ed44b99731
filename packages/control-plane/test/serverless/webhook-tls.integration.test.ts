import { expect, it } from 'vitest'

import { systemClock } from '../../src/runtime/index.ts'
import { FileStore } from '../../src/store/index.ts'
import { ensureCertificateAuthority } from '../../src/tls/index.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'
import { makeWorkspace, startWorld, uploadConfiguration } from '../support/world.ts'

it('a webhook is called by TLS alone with a CA that is known; without it the run says why', async () => {
  await using directory = await temporaryDirectory()
  const authority = await ensureCertificateAuthority(new FileStore(directory.path), {
    clock: systemClock,
  })
  await using receiver = await startWebhookReceiver(await authority.issue(['127.0.0.1']))
  await using stranger = await startWorld({ timing: { reaperEveryMs: 20 } })
  await using friend = await startWorld({
    timing: { reaperEveryMs: 20 },
    webhookCaCert: authority.certPem,
  })
  const reasons: (() => Promise<string>)[] = []
  for (const { api } of [stranger, friend]) {
    const { poolId, workspaceId } = await makeWorkspace(api)
    const webhook = { 'webhook-enabled': true, 'webhook-url': receiver.url }
    await api.write('PATCH', `/agent-pools/${poolId}`, 'agent-pools', webhook)
    await uploadConfiguration(api, workspaceId)
    const run = await api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
    reasons.push(async () => {
      const { body } = await api.get(`/runs/${run.id}`)
      return String(body.data.attributes['agent-waiting-reason'])
    })
  }
  const [ofStranger, ofFriend] = reasons
  await eventually(async () => expect(await ofFriend?.()).toContain('accepted the task'))
  await eventually(async () =>
    expect(await ofStranger?.()).toMatch(/cannot be reached: .*certificate/iu),
  )
  expect(receiver.received).toHaveLength(1)
})

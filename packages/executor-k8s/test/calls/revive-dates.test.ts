import { expect, it } from 'vitest'

import { reviveDates } from '../../src/calls/revive-dates.ts'

it('makes the dates of an object what client-node says they are', () => {
  const time = '2026-11-22T20:00:00Z'
  expect(
    reviveDates({
      metadata: { name: 'x', creationTimestamp: time },
      status: { containerStatuses: [{ state: { terminated: { finishedAt: time, exitCode: 3 } } }] },
    }),
  ).toEqual({
    metadata: { name: 'x', creationTimestamp: new Date(time) },
    status: {
      containerStatuses: [{ state: { terminated: { finishedAt: new Date(time), exitCode: 3 } } }],
    },
  })
})

it('leaves alone what people named so themselves', () => {
  const object = {
    metadata: { annotations: { startTime: 'noon' }, labels: { finishedAt: 'never' } },
    spec: { nodeSelector: { eventTime: 'x' } },
  }
  expect(reviveDates(object)).toEqual(object)
})

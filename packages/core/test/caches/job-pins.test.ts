import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { readCacheOwner } from '../../src/caches/cache-owner.ts'
import { JobPins } from '../../src/caches/job-pins.ts'
import { IllegalStateError } from '../../src/errors/index.ts'
import { SteppedClock } from '../http/support/stepped-clock.ts'

let directory: string
let clock: SteppedClock
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalr-agent-pins-'))
  clock = new SteppedClock(Date.now())
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function pinsOf(owner: string): JobPins {
  return new JobPins({ directory, owner, clock })
}

it('a job adds to what it uses, and gives all of it back at once', async () => {
  const pins = pinsOf('a')
  await pins.pin('job-1', ['terraform/1.0.0/linux_amd64'])
  await pins.pin('job-1', ['opa/1.0.0/linux_amd64', 'terraform/1.0.0/linux_amd64'])
  await pins.pin('job-2', ['opa/1.0.0/linux_amd64'])
  const both = ['opa/1.0.0/linux_amd64', 'terraform/1.0.0/linux_amd64']
  expect([...(await pins.entries())].toSorted()).toEqual(both)
  await pins.release('job-1')
  expect([...(await pins.entries())]).toEqual(['opa/1.0.0/linux_amd64'])
  await pins.release('job-1')
})

it('an agent that starts keeps the pins of its living jobs, and all of other agents', async () => {
  const [own, other] = [pinsOf('a'), pinsOf('b')]
  await own.pin('job-1', ['one'])
  await own.pin('job-2', ['two'])
  await other.pin('job-3', ['three'])
  await pinsOf('a').retain(['job-2'])
  expect([...(await own.entries())].toSorted()).toEqual(['three', 'two'])
})

it('forgets an agent that was not seen for a week, but never its own jobs', async () => {
  const [own, other] = [pinsOf('a'), pinsOf('b')]
  await own.pin('job-1', ['one'])
  await other.pin('job-2', ['two'])
  clock.advance(8 * 24 * 3600 * 1000)
  expect([...(await own.entries())]).toEqual(['one'])
  await own.retain(['job-1'])
  expect(await readdir(join(directory, 'b'))).toEqual([])
})

it.each(['../escape', '', '.hidden', 'a/b', 'a\nb'])(
  'takes no job id that leaves its place: %j',
  (jobId) => expect(pinsOf('a').pin(jobId, ['one'])).rejects.toThrow(IllegalStateError),
)

it('the name of an agent among others is the same after a restart, and its own', async () => {
  const first = await readCacheOwner(join(directory, 'data-a'))
  expect(first).toMatch(/^[0-9a-f]{32}$/u)
  expect(await readCacheOwner(join(directory, 'data-a'))).toBe(first)
  expect(await readCacheOwner(join(directory, 'data-b'))).not.toBe(first)
})

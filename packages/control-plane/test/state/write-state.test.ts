import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { StateError, StateStore, writeState } from '../../src/state/index.ts'
import { EngineFixture } from '../support/engine-fixture.ts'
import { stateOf } from '../support/state-of.ts'

describe('writing a state', () => {
  it('I6: whoever may no longer write once the file is on the disk changes nothing', async () => {
    await using fixture = new EngineFixture()
    const states = new StateStore(fixture)
    let asked = 0
    const write = writeState(
      { db: fixture.db, states },
      {
        workspaceId: 'ws-1',
        content: stateOf(),
        runId: null,
        check: () => {
          asked += 1
          if (asked === 2) throw new StateError(403, 'The run has ended.')
        },
      },
    )
    await expect(write).rejects.toThrow('The run has ended.')
    expect(states.current('ws-1')).toBeUndefined()
    expect(readdirSync(join(fixture.directory, 'states'))).toEqual([])
  })

  it('the same state again is no second write, and leaves no file', async () => {
    await using fixture = new EngineFixture()
    const states = new StateStore(fixture)
    const write = (): Promise<string> =>
      writeState(
        { db: fixture.db, states },
        { workspaceId: 'ws-1', content: stateOf(), runId: null, check: () => {} },
      )
    const id = await write()
    expect(await write()).toBe(id)
    expect(readdirSync(join(fixture.directory, 'states'))).toEqual([`${id}.tfstate`])
  })
})

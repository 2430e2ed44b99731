import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isOwnLock, ownLockInfo } from '../../src/state/index.ts'

const user = { kind: 'user', userId: 'user-1' } as const
const run = { kind: 'run', runId: 'run-1', isDry: false } as const
const lock = (info_json: string, run_id: string | null = null) => ({
  workspace_id: 'ws-1',
  lock_id: 'lock-1',
  info_json,
  run_id,
  created_at: '',
})

const info = (holderId: string): string =>
  ownLockInfo({ id: 'lock-1', holderId, who: 'a', reason: '', path: 'env-1/a', createdAt: '' })

describe('a lock without an id of its own', () => {
  it('belongs to whoever took it', () => {
    expect(isOwnLock(lock(info('user-1')), user)).toBe(true)
    expect(isOwnLock(lock(info('user-2')), user)).toBe(false)
    expect(isOwnLock(lock(info('user-1'), 'run-2'), user)).toBe(false)
    expect(isOwnLock(lock('{"ID":"lock-1"}', 'run-1'), run)).toBe(true)
    expect(isOwnLock(lock(info('user-1')), run)).toBe(false)
  })

  it('belongs to nobody when its info, which a tool wrote, says nothing of it', () => {
    const other = fc.oneof(fc.string(), fc.json())
    fc.assert(
      fc.property(other, (text) => {
        expect(isOwnLock(lock(text), user)).toBe(false)
      }),
    )
  })
})

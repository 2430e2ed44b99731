import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { EventEmitter } from 'eventemitter3'
import { describe, expect, it } from 'vitest'

import {
  Backoff,
  randomId,
  safeEmitter,
  silentLogger,
  systemBootClock,
  systemClock,
  writeFileAtomic,
  type Logger,
} from '../../src/runtime/index.ts'

describe('ids', () => {
  it('look like those of Scalr and never repeat', () => {
    const ids = Array.from({ length: 1_000 }, () => randomId('run'))
    for (const id of ids) expect(id).toMatch(/^run-v0[a-z0-9]{15}$/u)
    expect(new Set(ids).size).toBe(1_000)
  })
})

describe('backoff', () => {
  it('doubles up to its ceiling, with full jitter below it', () => {
    const highest = new Backoff({ minMs: 500, maxMs: 4_000, random: () => 1 })
    expect([1, 2, 3, 4, 5].map(() => highest.nextMs())).toEqual([500, 1_000, 2_000, 4_000, 4_000])
    const lowest = new Backoff({ minMs: 500, maxMs: 4_000, random: () => 0 })
    expect([1, 2, 3].map(() => lowest.nextMs())).toEqual([50, 50, 50])
  })

  it('begins again after a success', () => {
    const backoff = new Backoff({ minMs: 500, random: () => 1 })
    backoff.nextMs()
    backoff.nextMs()
    backoff.reset()
    expect(backoff.nextMs()).toBe(500)
  })
})

describe('events', () => {
  it('a listener that throws breaks nobody, and is told of in the log', () => {
    const emitter = new EventEmitter<{ 'job:end': [{ readonly jobId: string }] }>()
    const heard: string[] = []
    const errors: unknown[] = []
    const logger: Logger = { ...silentLogger, error: (fields) => void errors.push(fields) }
    emitter.on('job:end', ({ jobId }) => void heard.push(jobId))
    emitter.on('job:end', () => {
      throw new Error('in a listener')
    })
    safeEmitter(emitter, logger)('job:end', { jobId: 'job-1' })
    expect(heard).toEqual(['job-1'])
    expect(errors).toMatchObject([{ event: 'job:end', err: { message: 'in a listener' } }])
  })
})

describe('an atomic write', () => {
  it('replaces the whole file and keeps it private', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'atomic-')), 'file')
    await writeFileAtomic(path, 'a long first content')
    await writeFileAtomic(path, 'short')
    expect(await readFile(path, 'utf8')).toBe('short')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })
})

describe('clocks', () => {
  it('sleep until their signal aborts', async () => {
    const abort = new AbortController()
    const sleeping = systemClock.sleep(60_000, { signal: abort.signal })
    abort.abort(new Error('woken'))
    await expect(sleeping).rejects.toThrow('woken')
  })

  it('tell the same boot to every process of it', () => {
    expect(systemBootClock().bootId).toBe(systemBootClock().bootId)
    const clock = systemBootClock()
    const before = clock.nowMs()
    expect(clock.nowMs()).toBeGreaterThanOrEqual(before)
  })
})

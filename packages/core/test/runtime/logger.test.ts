import { Writable } from 'node:stream'

import { pino } from 'pino'
import { describe, expect, it } from 'vitest'

import type { Logger } from '../../src/runtime/index.ts'

describe('the Logger interface', () => {
  it('is fulfilled by a pino logger as it is, children included', () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const logger: Logger = pino({ base: null, timestamp: false }, stream)
    logger.child({ jobId: 'job-1' }).warn({ retryInMs: 5 }, 'Trying again')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 40, jobId: 'job-1', retryInMs: 5, msg: 'Trying again' },
    ])
  })
})

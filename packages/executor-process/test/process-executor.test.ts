import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'
import { describe, expect, it } from 'vitest'

describe('new ProcessExecutor', () => {
  it('does no I/O', () => {
    const dataDir = join(tmpdir(), `scalr-never-${process.pid}`)
    expect(new ProcessExecutor({ dataDir }).name).toBe('process')
    expect(existsSync(dataDir)).toBe(false)
  })

  it.each([
    ['a relative directory', { dataDir: 'data' }, 'dataDir'],
    ['no directory', {}, 'dataDir'],
    ['a misspelt option', { dataDir: '/data', datadir: '/data' }, 'datadir'],
    ['a user by name', { dataDir: '/data', user: 'nobody' }, 'user'],
    ['an unknown setting', { dataDir: '/data', cgroup: 'on' }, 'cgroup'],
  ])('refuses %s', (_name, options, named) => {
    const make = (): unknown => new ProcessExecutor(options as never)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(named)
  })

  it('enforces no limits when they are switched off', () => {
    const executor = new ProcessExecutor({ dataDir: '/data', cgroup: 'off' })
    expect(executor.capabilities).toMatchObject({ memoryLimit: false, cpuLimit: false })
  })
})

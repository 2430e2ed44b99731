import { describe, expect, it } from 'vitest'

import { ConfigurationError } from '../../src/errors/index.ts'
import type { Executor } from '../../src/executor/index.ts'
import { daemonFromEnv, optionsFromEnv, resolveAgentOptions } from '../../src/options/index.ts'

const executor = { name: 'x', capabilities: {}, launch: () => {} } as unknown as Executor
const required = { token: 'a.b.c', executor }

function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  return 'was not refused'
}

describe('the options of an agent', () => {
  it('have five slots, 512 MiB and a drain by default', () => {
    expect(resolveAgentOptions(required)).toMatchObject({
      concurrency: 5,
      jobMemoryBytes: 512 * 1024 ** 2,
      stopAction: 'drain',
      drainTimeoutMs: 180_000,
    })
  })

  it('take durations as milliseconds or as text', () => {
    const resolved = resolveAgentOptions({
      ...required,
      drainTimeoutMs: '3m',
      startTimeoutMs: 5_000,
    })
    expect(resolved).toMatchObject({ drainTimeoutMs: 180_000, startTimeoutMs: 5_000 })
  })

  it('refuse a misspelt name and name it', () => {
    expect(refusal(() => resolveAgentOptions({ ...required, cocurrency: 3 } as never))).toContain(
      'cocurrency',
    )
  })

  it('list every issue at once, and never show the token', () => {
    const text = refusal(() =>
      resolveAgentOptions({ token: 'secret-token', executor: 5 as never, concurrency: 0 }),
    )
    expect(text).toContain('executor')
    expect(text).toContain('concurrency')
    expect(text).not.toContain('secret-token')
  })

  it('say how to get a token when there is none', () => {
    expect(refusal(() => resolveAgentOptions({ ...required, token: '' }))).toContain(
      'SCALR_AGENT_TOKEN',
    )
  })

  it('refuse time-outs in which an apply could lose its state', () => {
    expect(refusal(() => resolveAgentOptions({ ...required, drainTimeoutMs: 1_000 }))).toContain(
      'drainTimeoutMs',
    )
    expect(
      refusal(() =>
        resolveAgentOptions({
          ...required,
          stopAction: 'grace-shutdown',
          graceShutdownTimeoutMs: 5_000,
        }),
      ),
    ).toContain('graceShutdownTimeoutMs')
  })
})

describe('options from the environment', () => {
  it('read the names that Scalr documents', () => {
    const options = optionsFromEnv({
      SCALR_URL: 'https://acme.scalr.io',
      SCALR_AGENT_TOKEN: 't',
      SCALR_AGENT_NAME: 'blue',
      SCALR_AGENT_CONCURRENCY: '3',
      SCALR_AGENT_WORKER_DRAIN_TIMEOUT: '240',
      SCALR_AGENT_CONTAINER_TASK_MEM_LIMIT: '1024',
      SCALR_AGENT_DISCONNECT_ON_STOP: '0',
      HTTPS_PROXY: 'http://proxy:3128',
    })
    expect(options).toEqual({
      url: 'https://acme.scalr.io',
      token: 't',
      name: 'blue',
      concurrency: 3,
      drainTimeoutMs: 240_000,
      jobMemoryBytes: 1024 ** 3,
      disconnectOnStop: false,
      proxy: { httpsProxy: 'http://proxy:3128' },
    })
  })

  it('read old names too, and the new one wins', () => {
    expect(optionsFromEnv({ SCALR_TOKEN: 'old' }).token).toBe('old')
    expect(optionsFromEnv({ SCALR_TOKEN: 'old', SCALR_AGENT_TOKEN: 'new' }).token).toBe('new')
  })

  it('refuse a misspelt variable and tell what was meant', () => {
    expect(refusal(() => optionsFromEnv({ SCALR_AGENT_TOKN: 'x' }))).toContain(
      'did you mean SCALR_AGENT_TOKEN?',
    )
  })

  it('name a variable that cannot be used without showing its value', () => {
    const text = refusal(() =>
      optionsFromEnv({ SCALR_AGENT_CONCURRENCY: 'many-secret', SCALR_URL: 'nonsense-secret' }),
    )
    expect(text).toContain('SCALR_AGENT_CONCURRENCY')
    expect(text).toContain('SCALR_URL')
    expect(text).not.toContain('secret')
  })

  it('treat an empty variable as one that is not set', () => {
    expect(optionsFromEnv({ SCALR_AGENT_NAME: '', SCALR_AGENT_TOKEN: '' })).toEqual({})
  })

  it('tell the daemon its driver and log format', () => {
    expect(daemonFromEnv({ SCALR_AGENT_DRIVER: 'local', SCALR_AGENT_DEBUG: '1' })).toEqual({
      driver: 'local',
      debug: true,
      logFormat: 'json',
    })
    expect(refusal(() => daemonFromEnv({ SCALR_AGENT_LOG_FORMAT: 'xml' }))).toContain('LOG_FORMAT')
  })
})

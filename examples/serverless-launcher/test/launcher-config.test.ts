import { ConfigurationError } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { readLauncherConfig } from '../src/launcher-config.ts'

const least = {
  SCALR_URL: 'https://acme.scalr.io',
  SCALR_AGENT_TOKEN: 'canary-of-the-pool',
  LAUNCHER_SECRET: 'canary-of-the-webhook',
}

describe('the environment of the launcher', () => {
  it('needs URL, token and secret; all else has a default', () => {
    expect(readLauncherConfig({ ...least, LAUNCHER_IMAGE: '' })).toMatchObject({
      LAUNCHER_EXECUTOR: 'docker',
      LAUNCHER_LISTEN: { host: '127.0.0.1', port: 8080 },
      LAUNCHER_STATUS_LISTEN: { host: '127.0.0.1', port: 9090 },
      LAUNCHER_CONCURRENCY: 5,
      LAUNCHER_DEADLINE: 3_600_000,
    })
  })

  it('takes lists, addresses of both families and JSON', () => {
    const config = readLauncherConfig({
      ...least,
      LAUNCHER_LISTEN: '[::]:8443',
      LAUNCHER_ALLOW: '203.0.113.7, 192.0.2.0/24',
      LAUNCHER_ARGV: '["node", "agent.js"]',
      LAUNCHER_ACTIONS: '{"apply": {"memoryBytes": 1e9, "env": {"TF_LOG": "info"}}}',
    })
    expect(config).toMatchObject({
      LAUNCHER_LISTEN: { host: '::', port: 8443 },
      LAUNCHER_ALLOW: ['203.0.113.7', '192.0.2.0/24'],
      LAUNCHER_ARGV: ['node', 'agent.js'],
      LAUNCHER_ACTIONS: { apply: { memoryBytes: 1e9, env: { TF_LOG: 'info' } } },
    })
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing to know callers by', { LAUNCHER_SECRET: '' }, /whoever reaches it/u],
    ['no token', { SCALR_AGENT_TOKEN: '' }, /SCALR_AGENT_TOKEN/u],
    ['a misspelt name', { LAUNCHER_SECERT: 'x' }, /LAUNCHER_SECERT is unknown/u],
    ['half of a certificate', { LAUNCHER_TLS_KEY: 'key.pem' }, /give both LAUNCHER_TLS_CERT/u],
    ['certificates of callers without TLS', { LAUNCHER_CLIENT_CA: 'ca.pem' }, /by TLS alone/u],
    ['names of certificates without a CA', { LAUNCHER_CLIENT_NAMES: 'scalr' }, /by TLS alone/u],
    ['a port alone', { LAUNCHER_LISTEN: '8080' }, /must be an address and a port/u],
    ['no JSON', { LAUNCHER_ARGV: 'scalr-agent run' }, /LAUNCHER_ARGV: must be JSON/u],
    ['a setting that is none', { LAUNCHER_ACTIONS: '{"apply":{"ram":1}}' }, /LAUNCHER_ACTIONS/u],
    ['an executor that is none', { LAUNCHER_EXECUTOR: 'podman' }, /LAUNCHER_EXECUTOR/u],
  ])('with %s is refused, and no value of it is shown', (_, env, message) => {
    const read = (): unknown => readLauncherConfig({ ...least, ...env })
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/canary/u)
  })
})

import { describe, expect, it } from 'vitest'

import { containerSpec } from '../../src/container/container-spec.ts'
import { dockerExecutorOptionsSchema } from '../../src/docker-executor-options.ts'
import { shellSpec } from '../support/workloads.ts'

const also = { image: 'scalr/terraform:1.11.4', launcher: 'boot.1.2.3.v0attempt' }
const defaults = dockerExecutorOptionsSchema.parse({})
const job = {
  id: 'job-1',
  agentId: 'agent-1',
  directory: 'run-1',
  env: { TF_IN_AUTOMATION: '1' },
  secretEnv: { TOKEN: "canary'value" },
  labels: { 'scalr-agent/job-id': 'job-1' },
}

describe('containerSpec', () => {
  it('is hardened by default', () => {
    const spec = shellSpec('terraform plan', {
      ...job,
      resources: { memoryBytes: 512 * 1024 ** 2, cpus: 1.5 },
      deadlineMs: 90_000,
    })
    const { Cmd, ...others } = containerSpec(spec, defaults, also)
    expect(others).toMatchSnapshot()
    expect(Cmd?.slice(3, 5)).toEqual(['2147483648', '90.000'])
    expect(Cmd?.slice(7)).toEqual(spec.argv)
  })

  it('gives up no more than `root` needs', () => {
    const options = dockerExecutorOptionsSchema.parse({ root: true })
    const { User, HostConfig } = containerSpec(shellSpec('apk add x', job), options, also)
    expect(User).toBe('0:0')
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: false,
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETGID', 'SETUID'],
      SecurityOpt: ['no-new-privileges'],
    })
  })

  it('lets the spec choose user and network, and mounts caches read-only', () => {
    const spec = shellSpec('true', {
      ...job,
      user: '1234',
      network: 'jobs',
      caches: [{ name: 'providers', source: '/var/cache/providers' }],
    })
    const { User, HostConfig } = containerSpec(spec, defaults, also)
    expect(User).toBe('1234:1234')
    expect(HostConfig?.NetworkMode).toBe('jobs')
    expect(HostConfig?.Mounts?.at(-1)).toEqual({
      Type: 'bind',
      Source: '/var/cache/providers',
      Target: '/opt/caches/providers',
      ReadOnly: true,
    })
  })

  it.each(['host', 'container:other'])(
    'asks for no /etc/hosts of its own on the network %s',
    (network) => {
      const { HostConfig } = containerSpec(shellSpec('true', { ...job, network }), defaults, also)
      expect(HostConfig).not.toHaveProperty('ExtraHosts')
      expect(HostConfig).not.toHaveProperty('Dns')
    },
  )

  it('I12: holds no secret, in no form', () => {
    const text = JSON.stringify(containerSpec(shellSpec('true', job), defaults, also))
    expect(text).not.toContain('canary')
    expect(text).not.toContain(Buffer.from("canary'value").toString('base64').slice(0, 10))
  })
})

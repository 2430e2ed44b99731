import { describe, expect, it } from 'vitest'

import { checkWorkloadUrl } from '../../src/engine/check-workload-url.ts'

describe('the URL at which workloads reach the control plane', () => {
  it.each([
    'https://scalr.example.com',
    'https://172.17.0.1:8443',
    'https://host.docker.internal:8443',
    'https://[fd00::1]:8443',
    'https://localhost.example.com',
  ])('may be %s', (url) => {
    expect(checkWorkloadUrl(url, '172.17.0.1')).toMatchObject({ level: 'ok' })
  })

  it.each([
    'https://localhost:8443',
    'https://LOCALHOST.:8443',
    'https://app.localhost:8443',
    'http://127.0.0.1:8443',
    'http://127.1:8443',
    'http://2130706433:8443',
    'http://0.0.0.0:8443',
    'https://[::1]:8443',
    'https://[::]:8443',
    'https://[::ffff:127.0.0.1]:8443',
  ])('is refused as %s, with the remedy', (url) => {
    const finding = checkWorkloadUrl(url, '172.17.0.1')
    expect(finding.level).toBe('error')
    expect(finding.message).toContain('inside a container that is the container itself')
    expect(finding.remedy).toContain('https://172.17.0.1:8443')
    expect(finding.remedy).toContain('SCALR_AGENT_WORKLOAD_URL')
    expect(checkWorkloadUrl(url, undefined).remedy).toContain('https://host.docker.internal:8443')
  })

  it('is not shown with what it may hold beside host and port', () => {
    const { message } = checkWorkloadUrl('https://user:canary@localhost/?token=canary', undefined)
    expect(message).not.toContain('canary')
  })
})

import { expect, it } from 'vitest'

import { checkWorkloadUrl } from '../../src/check/check-workload-url.ts'

it.each([
  'http://localhost:8080',
  'https://agent.localhost',
  'https://127.0.0.9/x',
  'https://[::1]',
  'https://[::ffff:127.0.0.1]',
  'http://0.0.0.0',
])('%s is the pod itself', (url) => {
  const finding = checkWorkloadUrl(url)
  expect(finding.level).toBe('error')
  expect(finding.remedy).toContain('SCALR_AGENT_WORKLOAD_URL')
})

it.each(['https://scalr.example.com', 'https://10.0.0.4:8443', 'https://localhost.example.com'])(
  '%s can be reached',
  (url) => {
    expect(checkWorkloadUrl(url).level).toBe('ok')
  },
)

it('what is no URL is said to be none, without its text', () => {
  expect(checkWorkloadUrl('canary').message).not.toContain('canary')
})

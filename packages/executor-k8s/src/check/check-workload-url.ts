import { isIP } from 'node:net'

import type { Finding } from '@scalr-agent/core'

/** Whether a pod can reach the control plane at that URL: loopback is the pod itself. */
export function checkWorkloadUrl(workloadUrl: string): Finding {
  const id = 'kubernetes.workload-url'
  const url = URL.canParse(workloadUrl) ? new URL(workloadUrl) : undefined
  if (url === undefined) {
    return {
      id,
      level: 'error',
      message: 'The URL at which workloads reach the control plane is no URL.',
      remedy: 'Set `workloadUrl` (SCALR_AGENT_WORKLOAD_URL), e.g. to https://scalr.example.com.',
    }
  }
  const shown = `${url.protocol}//${url.host}`
  if (!isLoopback(url.hostname)) {
    return { id, level: 'ok', message: `Workloads reach the control plane at ${shown}.` }
  }
  return {
    id,
    level: 'error',
    message: `Workloads cannot reach the control plane at ${shown}: inside a pod that is the pod itself.`,
    remedy:
      'Let the control plane listen on an address that nodes can reach, with TLS, or give it a Service, and set `workloadUrl` (SCALR_AGENT_WORKLOAD_URL) to that.',
  }
}

/** Loopback, and the addresses that mean "this host". */
function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/gu, '').replace(/\.$/u, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  if (isIP(host) === 4) return host.startsWith('127.') || host === '0.0.0.0'
  if (isIP(host) !== 6) return false
  // The standard writes an embedded IPv4 address as hexadecimal digits.
  return host === '::1' || host === '::' || /^::ffff:7f[0-9a-f]{2}:/u.test(host)
}

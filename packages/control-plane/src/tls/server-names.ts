import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

/** What the server's certificate must name, so that every way to reach it verifies. */
export function serverNames(options: {
  /** Addresses that are listened on; a wildcard stands for every address of the machine. */
  readonly hosts: readonly string[]
  readonly publicUrl: string | undefined
  readonly extra: readonly string[]
}): readonly string[] {
  const names = new Set(['localhost', '127.0.0.1', '::1', ...options.extra])
  for (const host of options.hosts) {
    if (host !== '0.0.0.0' && host !== '::') {
      names.add(host)
      continue
    }
    names.add(hostname())
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address } of addresses ?? []) names.add(address)
    }
  }
  if (options.publicUrl !== undefined) {
    names.add(new URL(options.publicUrl).hostname.replace(/^\[|\]$/gu, ''))
  }
  // An IPv6 scope ('fe80::1%eth0') has no place in a certificate.
  return [...names].filter((name) => isIP(name) !== 0 || /^[A-Za-z0-9.-]+$/u.test(name))
}

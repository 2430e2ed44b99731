import { BlockList, isIP } from 'node:net'

/** Whether `NO_PROXY` names that host: by name, by domain, by address or by network. */
export function bypassesProxy(hostname: string, noProxy: string | undefined): boolean {
  const host = hostname.replace(/^\[|\]$/gu, '').toLowerCase()
  const family = isIP(host)
  if (host === 'localhost' || host === '::1' || (family === 4 && host.startsWith('127.'))) {
    return true
  }
  return (noProxy ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, host, family))
}

function matches(entry: string, host: string, family: number): boolean {
  if (entry === '*') return true
  if (family !== 0) return matchesAddress(entry, host, family)
  const domain = entry.replace(/:\d+$/u, '').replace(/^\*?\./u, '')
  return host === domain || host.endsWith(`.${domain}`)
}

function matchesAddress(entry: string, host: string, family: number): boolean {
  const [address = '', bits] = entry.split('/')
  const plain = address.replace(/^\[|\](?::\d+)?$/gu, '')
  const bare = isIP(plain) === 0 ? plain.replace(/:\d+$/u, '') : plain
  if (isIP(bare) !== family) return false
  const prefix = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits)
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false
  const networks = new BlockList()
  networks.addSubnet(bare, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return networks.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

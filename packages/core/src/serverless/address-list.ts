import { BlockList, isIP } from 'node:net'

import { ConfigurationError } from '../errors/index.ts'

/** Addresses and networks, IPv4 and IPv6. */
export class AddressList {
  readonly #list = new BlockList()

  /** @throws `ConfigurationError` for an entry that is neither `203.0.113.7` nor `203.0.113.0/24` */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry)
  }

  has(address: string | undefined): boolean {
    const plain = plainAddress(address)
    const family = plain === undefined ? 0 : isIP(plain)
    return (
      plain !== undefined && family !== 0 && this.#list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
    )
  }

  #add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/')
    const family = isIP(address)
    const isPrefix = prefix === undefined || /^\d{1,3}$/u.test(prefix)
    const bits = prefix === undefined ? undefined : Number(prefix)
    if (
      family === 0 ||
      rest.length > 0 ||
      !isPrefix ||
      (bits !== undefined && bits > (family === 4 ? 32 : 128))
    ) {
      throw new ConfigurationError(
        `Cannot allow ${JSON.stringify(entry.slice(0, 64))}: name an address such as 203.0.113.7 or 203.0.113.0/24.`,
      )
    }
    const type = family === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) this.#list.addAddress(address, type)
    else this.#list.addSubnet(address, bits, type)
  }
}

/** IPv4 as a socket for both families tells it. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/u, '')
}

/**
 * Who sent a request: the peer, unless that is a proxy of yours. Then the last address of `X-Forwarded-For` that
 * is none: what stands before it, anybody may have written.
 */
export function senderAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: AddressList,
): string | undefined {
  let sender = peer
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim())
  while (trustedProxies.has(sender)) {
    const hop = hops.pop()
    if (hop === undefined || isIP(hop) === 0) return sender
    sender = hop
  }
  return sender
}

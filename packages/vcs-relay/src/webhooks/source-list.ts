import { BlockList, isIP, type IPVersion } from 'node:net'

/** Addresses and networks in CIDR form. */
export class SourceList {
  readonly #list = new BlockList()

  /** @throws RangeError naming the entry that is none */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const network = parseNetwork(entry)
      if (network === undefined) {
        throw new RangeError(`'${entry}' is no address and no network such as 10.0.0.0/8`)
      }
      this.#list.addSubnet(network.address, network.prefix, network.family)
    }
  }

  has(address: string): boolean {
    // An IPv4 peer of a socket that listens on both.
    const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/iu, '')
    const family = familyOf(plain)
    return family !== undefined && this.#list.check(plain, family)
  }
}

/** Whether it is an address or a network. */
export function isNetwork(entry: string): boolean {
  return parseNetwork(entry) !== undefined
}

function parseNetwork(
  entry: string,
): { readonly address: string; readonly prefix: number; readonly family: IPVersion } | undefined {
  const [address = '', prefix, ...rest] = entry.split('/')
  const family = familyOf(address)
  if (family === undefined || rest.length > 0) return undefined
  const bits = family === 'ipv4' ? 32 : 128
  if (prefix === undefined) return { address, prefix: bits, family }
  if (!/^\d{1,3}$/u.test(prefix) || Number(prefix) > bits) return undefined
  return { address, prefix: Number(prefix), family }
}

function familyOf(address: string): IPVersion | undefined {
  switch (isIP(address)) {
    case 4:
      return 'ipv4'
    case 6:
      // A zone is no part of what networks are made of.
      return address.includes('%') ? undefined : 'ipv6'
    default:
      return undefined
  }
}

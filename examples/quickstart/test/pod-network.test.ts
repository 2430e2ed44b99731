import type { NetworkInterfaceInfo } from 'node:os'

import { describe, expect, it } from 'vitest'

import { podNetwork } from '../src/pod-network.ts'

function of(cidr: string): NetworkInterfaceInfo {
  const [address = ''] = cidr.split('/')
  const internal = address === '127.0.0.1'
  return { address, cidr, internal, family: 'IPv4', netmask: '', mac: '' }
}

const interfaces = {
  lo: [of('127.0.0.1/8')],
  eth0: [of('192.168.1.7/24')],
  bridge: [of('172.18.0.1/16')],
}
const nowhere = { interfaces, isOwn: async () => false }
const server = 'https://cluster.example.com'

describe('podNetwork', () => {
  it('takes the address of a node that is this machine, whose bridge may have no pod yet', async () => {
    const facts = {
      server,
      nodeAddresses: ['192.0.2.1', '127.0.0.2'],
      localAddress: '192.168.1.7',
    }
    expect((await podNetwork(facts)).hosts).toEqual(['127.0.0.2'])
  })

  it('takes the address in the network of the nodes', async () => {
    const facts = { server, nodeAddresses: ['10.0.0.9', '172.18.0.2'], localAddress: '127.0.0.1' }
    expect(await podNetwork(facts, nowhere)).toEqual({
      hosts: ['172.18.0.1'],
      workloadHost: '172.18.0.1',
    })
  })

  it('takes the address on the way to the API server otherwise', async () => {
    const facts = { server, nodeAddresses: ['10.0.0.9'], localAddress: '192.168.1.7' }
    expect((await podNetwork(facts, nowhere)).hosts).toEqual(['192.168.1.7'])
  })

  it.each(['127.0.0.1', '203.0.113.5', undefined])(
    'says so where pods could reach none: %s',
    async (localAddress) => {
      const facts = { server, nodeAddresses: [], localAddress }
      await expect(podNetwork(facts, nowhere)).rejects.toThrow(/at which address pods/u)
    },
  )
})

import type { NetworkCreateOptions } from 'dockerode'

import type { EngineCaller } from './engine-caller.ts'

/** Networks of the engine. */
export class NetworkCalls {
  readonly #caller: EngineCaller

  constructor(caller: EngineCaller) {
    this.#caller = caller
  }

  async create(options: NetworkCreateOptions, signal: AbortSignal): Promise<void> {
    await this.#caller.call(signal, async (docker, abortSignal) => {
      await docker.createNetwork({ ...options, abortSignal })
    })
  }

  async connect(network: string, containerId: string, signal: AbortSignal): Promise<void> {
    await this.#caller.call(signal, async (docker, abortSignal) => {
      const options = { Container: containerId, abortSignal }
      await docker.getNetwork(network).connect(options)
    })
  }

  async has(network: string, signal: AbortSignal): Promise<boolean> {
    return await this.#caller.call(signal, async (docker, abortSignal) => {
      const found = await docker.listNetworks({ filters: { name: [network] }, abortSignal })
      return found.some(({ Name: name }) => name === network)
    })
  }
}

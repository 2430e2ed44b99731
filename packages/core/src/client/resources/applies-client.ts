import type { Readable } from 'node:stream'

import { applyDefinition } from '../definitions/index.ts'
import {
  openOutput,
  readOutput,
  type OutputOptions,
  type OutputStreamOptions,
} from '../job-output.ts'
import { followOutput, type FollowOptions } from '../follow-output.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'

export class AppliesClient extends ResourceClient<typeof applyDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, applyDefinition)
    this.#api = api
  }

  /** The log so far; `undefined` while there is none. */
  async output(id: string, options: OutputOptions = {}): Promise<string | undefined> {
    return await readOutput(this.#api, this.#source(id), options)
  }

  /** The log as a stream; `undefined` while there is nothing from that byte on. */
  async outputStream(id: string, options: OutputStreamOptions = {}): Promise<Readable | undefined> {
    return await openOutput(this.#api, this.#source(id), options)
  }

  /**
   * The log as it grows, until the apply has ended and all of it was given.
   * @example
   * ```ts
   * for await (const chunk of client.applies.follow(applyId)) process.stdout.write(chunk)
   * ```
   */
  follow(id: string, options: FollowOptions = {}): AsyncGenerator<Uint8Array, void> {
    const status = async (): Promise<string> => (await this.get(id, options)).status
    const open = async (more: OutputStreamOptions): Promise<Readable | undefined> =>
      await this.outputStream(id, more)
    return followOutput({ status, open }, this.#api.clock, options)
  }

  /**
   * A state that could not be written and does not follow the current one; `agentReport.rescuedState` says
   * why. Of the embedded control plane alone. May hold secrets.
   *
   * @throws `ApiError` 404 when none was kept
   */
  async erroredState(id: string, options: CallOptions = {}): Promise<Readable> {
    return await this.#api.stream({
      doing: `download the rescued state of the apply ${id}`,
      path: this.pathOf(id, '/errored-state'),
      accept: 'application/json',
      signal: options.signal,
    })
  }

  #source(id: string): { readonly doing: string; readonly path: string; readonly accept: string } {
    return {
      doing: `get the output of the apply ${id}`,
      path: this.pathOf(id, '/output'),
      accept: 'text/plain',
    }
  }
}

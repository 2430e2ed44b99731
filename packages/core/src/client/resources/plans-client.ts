import type { Readable } from 'node:stream'

import { ProtocolError } from '../../errors/index.ts'
import { planDefinition } from '../definitions/index.ts'
import {
  openOutput,
  readOutput,
  type OutputOptions,
  type OutputStreamOptions,
} from '../job-output.ts'
import { followOutput, type FollowOptions } from '../follow-output.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'

export class PlansClient extends ResourceClient<typeof planDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, planDefinition)
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
   * The log as it grows, until the plan has ended and all of it was given.
   * @example
   * ```ts
   * for await (const chunk of client.plans.follow(planId)) process.stdout.write(chunk)
   * ```
   */
  follow(id: string, options: FollowOptions = {}): AsyncGenerator<Uint8Array, void> {
    const status = async (): Promise<string> => (await this.get(id, options)).status
    const open = async (more: OutputStreamOptions): Promise<Readable | undefined> =>
      await this.outputStream(id, more)
    return followOutput({ status, open }, this.#api.clock, options)
  }

  /**
   * The plan as `terraform show -json` gives it; `undefined` while there is none. Of numbers beyond 2^53
   * the last digits are lost, as everywhere in JavaScript.
   *
   * @throws `ApiError` 413 when the server finds it too large to serve
   */
  async jsonOutput(id: string, options: Omit<OutputOptions, 'clean'> = {}): Promise<unknown> {
    return await this.#json(
      `get the JSON of the plan ${id}`,
      this.pathOf(id, '/json-output'),
      options,
    )
  }

  /** The same without the values that the plan marks as sensitive. */
  async sanitizedJsonOutput(
    id: string,
    options: Omit<OutputOptions, 'clean'> = {},
  ): Promise<unknown> {
    const path = this.pathOf(id, '/sanitized-json-output')
    return await this.#json(`get the sanitized JSON of the plan ${id}`, path, options)
  }

  /**
   * A state that could not be written and does not follow the current one; `agentReport.rescuedState` says
   * why. Of the embedded control plane alone. May hold secrets.
   *
   * @throws `ApiError` 404 when none was kept
   */
  async erroredState(id: string, options: CallOptions = {}): Promise<Readable> {
    return await this.#api.stream({
      doing: `download the rescued state of the plan ${id}`,
      path: this.pathOf(id, '/errored-state'),
      accept: 'application/json',
      signal: options.signal,
    })
  }

  async #json(
    doing: string,
    path: string,
    options: Omit<OutputOptions, 'clean'>,
  ): Promise<unknown> {
    const text = await readOutput(this.#api, { doing, path, accept: 'application/json' }, options)
    if (text === undefined) return undefined
    try {
      const value: unknown = JSON.parse(text)
      return value
    } catch {
      // The parser's message would quote the plan, which may hold secrets.
      throw new ProtocolError(`Cannot ${doing}: what the server sent is not JSON.`)
    }
  }

  #source(id: string): { readonly doing: string; readonly path: string; readonly accept: string } {
    return {
      doing: `get the output of the plan ${id}`,
      path: this.pathOf(id, '/output'),
      accept: 'text/plain',
    }
  }
}

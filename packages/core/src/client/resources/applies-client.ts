import type { Readable } from 'node:stream'

import { applyDefinition } from '../definitions/index.ts'
import {
  openOutput,
  readOutput,
  type OutputOptions,
  type OutputStreamOptions,
} from '../job-output.ts'
import { ResourceClient } from '../resource-client.ts'
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

  #source(id: string): { readonly doing: string; readonly path: string; readonly accept: string } {
    return {
      doing: `get the output of the apply ${id}`,
      path: this.pathOf(id, '/output'),
      accept: 'text/plain',
    }
  }
}

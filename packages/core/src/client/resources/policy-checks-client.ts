import type { Readable } from 'node:stream'

import { policyCheckDefinition, type PolicyCheck } from '../definitions/index.ts'
import { pathSegment } from '../../http/index.ts'
import {
  openOutput,
  readOutput,
  type OutputOptions,
  type OutputStreamOptions,
} from '../job-output.ts'
import type { Listing } from '../listing.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import type { CommentOptions } from './runs-client.ts'

export class PolicyChecksClient extends ResourceClient<typeof policyCheckDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, policyCheckDefinition)
    this.#api = api
  }

  /** The policy checks of a run. */
  ofRun(runId: string, options: CallOptions = {}): Listing<PolicyCheck> {
    return this.listAt(`/runs/${pathSegment(runId, 'the id of a run')}/policy-checks`, options)
  }

  /**
   * Lets a run pass whose soft-mandatory policies failed.
   *
   * @throws `ApiError` 409 when the check has not failed so
   */
  async override(id: string, options: CommentOptions = {}): Promise<PolicyCheck> {
    const { comment, ...rest } = options
    return await this.actionDocument(id, 'override', comment === undefined ? {} : { comment }, rest)
  }

  /** The log so far; `undefined` while there is none. */
  async output(id: string, options: OutputOptions = {}): Promise<string | undefined> {
    return await readOutput(this.#api, this.#source(id), options)
  }

  /** The log as a stream; `undefined` while there is nothing from that byte on. */
  async outputStream(id: string, options: OutputStreamOptions = {}): Promise<Readable | undefined> {
    return await openOutput(this.#api, this.#source(id), options)
  }

  /** A zip with `input.json`, which policies see of a run: to try a policy by `opa eval`. */
  async inputOf(runId: string, options: CallOptions = {}): Promise<Readable> {
    return await this.#api.stream({
      doing: `get the policy input of the run ${runId}`,
      path: `/runs/${pathSegment(runId, 'the id of a run')}/policy-input`,
      accept: 'application/zip',
      signal: options.signal,
    })
  }

  #source(id: string): { readonly doing: string; readonly path: string; readonly accept: string } {
    return {
      doing: `get the output of the policy check ${id}`,
      path: this.pathOf(id, '/output'),
      accept: 'text/plain',
    }
  }
}

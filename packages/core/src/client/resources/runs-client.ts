import { runDefinition } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'

/** A comment that is kept with the action on a run. */
export interface CommentOptions extends CallOptions {
  readonly comment?: string
}

/** How to confirm a planned run. */
export interface ConfirmOptions extends CommentOptions {
  /** When to queue the apply, ISO 8601; at once by default. */
  readonly applyAt?: string
}

/** How to cancel a run. */
export interface CancelOptions extends CommentOptions {
  /**
   * Aborts instead of waiting for the tool to end: what it was just creating may be missing from the
   * state. The embedded control plane knows this; scalr.io's public API does not.
   */
  readonly force?: true
}

export class RunsClient extends ResourceClient<typeof runDefinition> {
  constructor(api: ScalrApi) {
    super(api, runDefinition)
  }

  /** Lets a planned run go on to its apply. @throws `ApiError` 409 when it does not wait for that */
  async confirm(id: string, options: ConfirmOptions = {}): Promise<void> {
    const { comment, applyAt, ...rest } = options
    await this.action(id, 'apply', defined({ comment, 'apply-at': applyAt }), rest)
  }

  /**
   * Asks for the end of a run that plans or applies. `unchanged`: it was canceled before.
   *
   * @throws `ApiError` 409 when it was neither planning nor applying
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<'requested' | 'unchanged'> {
    const { comment, force, ...rest } = options
    const status = await this.action(id, 'cancel', defined({ comment, force }), rest)
    return status === 204 ? 'unchanged' : 'requested'
  }

  /** Gives up a run that waits. @throws `ApiError` 409 when it does not wait */
  async discard(id: string, options: CommentOptions = {}): Promise<void> {
    const { comment, ...rest } = options
    await this.action(id, 'discard', defined({ comment }), rest)
  }
}

function defined(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

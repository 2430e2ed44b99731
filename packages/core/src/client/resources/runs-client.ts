import { ConfigurationError, ProtocolError } from '../../errors/index.ts'
import { runDefinition, type Run } from '../definitions/index.ts'
import type { ListOptions, NoFields } from '../list-query.ts'
import type { Listing } from '../listing.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { IncludeOf } from '../resource-types.ts'
import type { FieldsOption, WithIncluded } from '../resources-by-type.ts'
import { summarizePlan, type PlanSummary } from '../runs/plan-summary.ts'
import { reviewRun, type ReviewedRun, type ReviewOptions } from '../runs/review-run.ts'
import { waitForRun, type WaitForRunOptions } from '../runs/wait-for-run.ts'
import type { ScalrApi } from '../scalr-api.ts'
import type { PlansClient } from './plans-client.ts'

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

type Definition = typeof runDefinition

export class RunsClient extends ResourceClient<Definition> {
  readonly #api: ScalrApi
  readonly #plans: Pick<PlansClient, 'jsonOutput'>

  constructor(api: ScalrApi, plans: Pick<PlansClient, 'jsonOutput'>) {
    super(api, runDefinition)
    this.#api = api
    this.#plans = plans
  }

  /**
   * Waits until a run has ended or waits for a person, and gives it as it then is: an errored run is data.
   *
   * @throws `TimeoutError` after `timeoutMs`
   * @example
   * ```ts
   * const planned = await client.runs.waitFor(run.id)
   * if (planned.status === 'planned') await client.runs.confirm(run.id)
   * ```
   */
  async waitFor(id: string, options: WaitForRunOptions = {}): Promise<Run> {
    const get = async (): Promise<Run> => await this.get(id, { signal: options.signal })
    return await waitForRun(get, this.#api.clock, options)
  }

  /**
   * What the plan of a run would change, to decide on `confirm`. Holds addresses and counts, no values.
   *
   * @throws `ConfigurationError` while it has no plan
   */
  async summary(id: string, options: CallOptions = {}): Promise<PlanSummary> {
    const { planId, status } = await this.get(id, options)
    const plan = planId === null ? undefined : await this.#plans.jsonOutput(planId, options)
    if (plan === undefined) {
      throw new ConfigurationError(
        `Cannot summarize the run ${id}: it is \`${status}\` and has no plan. Wait for it with waitFor().`,
      )
    }
    try {
      return summarizePlan(plan)
    } catch {
      // The failure would quote the plan, which may hold secrets.
      throw new ProtocolError(
        `Cannot summarize the run ${id}: its plan is not of a form that is known.`,
      )
    }
  }

  /**
   * Waits for the plan of a run, shows what it would change, and confirms it if the answer is yes. A run
   * that is not confirmed goes on waiting, unless `otherwise` says to discard it.
   *
   * @throws `TimeoutError` after `timeoutMs`
   * @throws `ApiError` 409 when somebody else decided meanwhile
   * @example
   * ```ts
   * const { decision } = await client.runs.review(run.id, (summary) => {
   *   console.log(describePlan(summary)) // 2 to add, 0 to change, 1 to destroy, and what
   *   return summary.destroy === 0
   * })
   * if (decision !== 'confirmed') console.log(`The run was not applied: ${decision}`)
   * ```
   */
  async review(
    id: string,
    decide: (summary: PlanSummary, run: Run) => boolean | Promise<boolean>,
    options: ReviewOptions = {},
  ): Promise<ReviewedRun> {
    return await reviewRun(this, id, decide, options)
  }

  /** Runs that wait for their turn or are at work, in their order. */
  queue<
    const I extends IncludeOf<Definition> = never,
    const F extends FieldsOption<Definition, 'list'> = NoFields,
  >(options?: ListOptions<Definition, I, F>): Listing<WithIncluded<Definition, I, F>> {
    return this.listAt('/runs-queue', options, 'list the queue of runs')
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

  /**
   * Lets a pending run begin at once; what waits before it in the workspace is given up.
   *
   * @throws `ApiError` 409 when it is not pending
   */
  async force(id: string, options: CommentOptions = {}): Promise<void> {
    const { comment, ...rest } = options
    await this.action(id, 'force', defined({ comment }), rest)
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

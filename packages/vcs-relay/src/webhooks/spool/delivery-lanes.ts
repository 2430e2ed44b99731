import { Backoff } from '@scalr-agent/core/runtime'

/** How an attempt to deliver ended. */
export type DeliveryResult = 'settled' | 'failed'

/** What waits in a lane. */
export interface LaneItem {
  readonly lane: string
  readonly sequence: number
}

interface Lane<Item> {
  readonly items: Item[]
  readonly backoff: Backoff
  running: boolean
}

export interface DeliveryLanesOptions<Item> {
  /** Delivers one; `settled` when it need not be tried again. Never rejects. */
  readonly attempt: (item: Item, failures: number) => Promise<DeliveryResult>
  readonly concurrency: number
  /** From how many failures on the next of its lane is tried in between. */
  readonly attempts: number
  readonly retry: { readonly minMs?: number; readonly maxMs?: number } | undefined
}

/**
 * Delivers in lanes: within a lane one after the other, in their order; lanes beside each other. A lane
 * whose first fails waits, with full jitter, until its time or until another delivery went through.
 */
export class DeliveryLanes<Item extends LaneItem> {
  readonly #options: DeliveryLanesOptions<Item>
  readonly #lanes = new Map<string, Lane<Item>>()
  readonly #failures = new Map<Item, number>()
  readonly #runs = new Set<Promise<void>>()
  readonly #sleeping = new Set<() => void>()
  /** Lanes that wait for one of the few deliveries at a time. */
  readonly #queue: (() => void)[] = []
  #free: number
  #closed = false

  constructor(options: DeliveryLanesOptions<Item>) {
    this.#options = options
    this.#free = options.concurrency
  }

  push(item: Item): void {
    if (this.#closed) return
    let lane = this.#lanes.get(item.lane)
    if (lane === undefined) {
      lane = { items: [], backoff: new Backoff({ ...this.#options.retry }), running: false }
      this.#lanes.set(item.lane, lane)
    }
    const after = lane.items.findLastIndex(({ sequence }) => sequence < item.sequence)
    // One that is being delivered stays where it is.
    lane.items.splice(Math.max(after + 1, lane.running ? 1 : 0), 0, item)
    if (!lane.running) this.#start(item.lane, lane)
  }

  /** The control plane may be back: whoever waits for another attempt makes it now. */
  wake(): void {
    for (const wake of this.#sleeping) wake()
  }

  /** Starts nothing any more, and waits for what runs. */
  async close(): Promise<void> {
    this.#closed = true
    this.wake()
    for (const start of this.#queue.splice(0)) start()
    await Promise.all(this.#runs)
  }

  #start(name: string, lane: Lane<Item>): void {
    lane.running = true
    const run = this.#run(name, lane).finally(() => this.#runs.delete(run))
    this.#runs.add(run)
  }

  async #run(name: string, lane: Lane<Item>): Promise<void> {
    for (;;) {
      const item = this.#next(lane)
      if (item === undefined || this.#closed) break
      await this.#enter()
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- closed meanwhile
      const result = this.#closed ? 'failed' : await this.#attempt(item)
      this.#leave()
      if (result === 'settled') {
        lane.items.splice(lane.items.indexOf(item), 1)
        this.#failures.delete(item)
        lane.backoff.reset()
        this.wake()
      } else if (!this.#closed) {
        this.#failures.set(item, (this.#failures.get(item) ?? 0) + 1)
        await this.#sleep(lane.backoff.nextMs())
      }
    }
    lane.running = false
    if (lane.items.length === 0) this.#lanes.delete(name)
  }

  /** The first; or, by turns, the second, to learn whether it is the first that is at fault. */
  #next(lane: Lane<Item>): Item | undefined {
    const [first, second] = lane.items
    if (first === undefined || second === undefined) return first
    const behind = (this.#failures.get(first) ?? 0) - this.#options.attempts
    return behind >= 0 && behind >= (this.#failures.get(second) ?? 0) ? second : first
  }

  #attempt(item: Item): Promise<DeliveryResult> {
    return this.#options.attempt(item, this.#failures.get(item) ?? 0)
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve) => this.#queue.push(resolve))
  }

  #leave(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#free += 1
    else next()
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.#sleeping.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#sleeping.add(wake)
    })
  }
}

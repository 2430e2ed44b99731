import { ApiClient } from './api-client.ts'
import type { KilledPlane } from './killed-plane.ts'

/** What was acknowledged, and so must be there after any kill. */
interface Acknowledged {
  readonly workspaces: string[]
  readonly variables: Map<string, string>
  readonly runs: string[]
  readonly configurations: string[]
  /** By workspace: the last state written. */
  readonly states: Map<string, Buffer>
  /** By job: bytes of its log. */
  readonly logs: Map<string, number>
}

/** Clients of a control plane that dies under them. Each repeats its step until the end. */
export class Load implements AsyncDisposable {
  readonly acknowledged: Acknowledged = {
    workspaces: [],
    variables: new Map(),
    runs: [],
    configurations: [],
    states: new Map(),
    logs: new Map(),
  }
  readonly #plane: KilledPlane
  readonly #clients: Promise<void>[] = []
  #steps = 0
  #stopped = false
  #milestone: { readonly steps: number; readonly reached: () => void } | undefined

  constructor(plane: KilledPlane) {
    this.#plane = plane
  }

  add(step: (api: ApiClient, url: string) => Promise<void>): void {
    this.#clients.push(this.#run(step))
  }

  /** After so many further acknowledgements, while other requests are on their way. */
  async after(steps: number): Promise<void> {
    const failed = Promise.all(this.#clients).then(() => {})
    const reached = new Promise<void>((resolve) => {
      this.#milestone = { steps: this.#steps + steps, reached: resolve }
    })
    await Promise.race([reached, failed])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await Promise.allSettled(this.#clients)
  }

  async #run(step: (api: ApiClient, url: string) => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      const { url, ownerToken } = await this.#plane.serving()
      try {
        await step(new ApiClient({ url, ownerToken: () => ownerToken }), url)
      } catch (error) {
        // A connection that broke is what a kill looks like from here: nothing was acknowledged.
        if (error instanceof TypeError && error.message === 'fetch failed') continue
        if (error instanceof TypeError && error.message === 'terminated') continue
        throw error
      }
      this.#steps += 1
      if (this.#steps === this.#milestone?.steps) this.#milestone.reached()
    }
  }
}

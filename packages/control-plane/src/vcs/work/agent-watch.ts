import { vcsNameOf } from '../forge/index.ts'
import type { VcsContext } from '../vcs-context.ts'

/** Sees agents come: what waits for them is tried at once, and not after a pause that grew meanwhile. */
export class AgentWatch {
  readonly #context: VcsContext
  #served: ReadonlySet<string> = new Set()

  constructor(context: VcsContext) {
    this.#context = context
  }

  pass(): void {
    const { db, providers, gateway, tasks, statuses, at } = this.#context
    const served = new Set<string>()
    const came: string[] = []
    for (const provider of providers.all()) {
      const names = gateway.served(provider.agent_pool_id)
      if (!names.includes(vcsNameOf(gateway, provider))) continue
      served.add(provider.id)
      if (!this.#served.has(provider.id)) came.push(provider.id)
    }
    this.#served = served
    if (came.length === 0) return
    db.transaction(() => {
      for (const id of came) {
        tasks.hasten(id, at())
        statuses.hasten(id, at())
      }
    })
  }
}

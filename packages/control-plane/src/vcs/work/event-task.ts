import type { VcsTaskRow } from '../../store/index.ts'
import { forgeEventSchema } from '../events/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { addModuleSync } from './module-task.ts'
import { PullRequestEvent } from './pull-request-event.ts'
import { PushEvent } from './push-event.ts'
import type { TaskCall, TaskHandler } from './vcs-task.ts'

export const eventKind = 'event'

/** Looks what a webhook means for what is bound to its repository. */
export class EventTask implements TaskHandler {
  readonly #context: VcsContext
  readonly #pushes: PushEvent
  readonly #pullRequests: PullRequestEvent

  constructor(context: VcsContext) {
    this.#context = context
    this.#pushes = new PushEvent(context)
    this.#pullRequests = new PullRequestEvent(context)
  }

  async run(call: TaskCall): Promise<() => void> {
    const { tasks } = this.#context
    // What came before we look is answered by what we see.
    const last = tasks.lastOf(call.task)
    const commit = await this.#look(call)
    return () => {
      tasks.removeSame(call.task, last)
      commit()
    }
  }

  async #look(call: TaskCall): Promise<() => void> {
    const event = forgeEventSchema.parse(JSON.parse(call.task.payload_json))
    switch (event.kind) {
      case 'push':
        return this.#pushes.look(event, call)
      case 'pull-request':
        return this.#pullRequests.look(event, call)
      case 'tag': {
        const { bindings } = this.#context
        const found = bindings.modulesOf(call.task.vcs_provider_id, event.repository)
        return () => {
          for (const moduleId of found) addModuleSync(this.#context, moduleId, false)
        }
      }
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    this.#context.logger.error(
      { providerId: task.vcs_provider_id, subject: task.subject, reason },
      'A webhook of a VCS came to nothing; resync what is bound to the repository',
    )
  }
}

import type { RelayPrincipal, RelayWebhook } from '@scalr-agent/vcs-relay/gateway'

import { takeWebhook } from './take-webhook.ts'
import { createVcsContext, type VcsOptions } from './vcs-context.ts'
import { AgentWatch } from './work/agent-watch.ts'
import { DownloadTask, downloadKind } from './work/download-task.ts'
import { EventTask, eventKind } from './work/event-task.ts'
import { addHookSync, HookTask, hookKind } from './work/hook-task.ts'
import { addModuleSync, ModuleTask, moduleKind } from './work/module-task.ts'
import { ModuleVersionTask, moduleVersionKind } from './work/module-version-task.ts'
import { addPolicyGroupSync, PolicyGroupTask, policyGroupKind } from './work/policy-group-task.ts'
import { StatusSender } from './work/status-sender.ts'
import { addSync, SyncTask, syncKind } from './work/sync-task.ts'
import { TaskRunner } from './work/task-runner.ts'

/** What may be asked of private VCSs. Whatever is asked is kept, and done as soon as an agent is there. */
export interface Vcs {
  /** Keeps a webhook for good, once for its id. */
  takeWebhook(webhook: RelayWebhook, from: RelayPrincipal): void
  /** Makes a configuration version of what the branch of the workspace holds. @returns its id */
  syncWorkspace(workspaceId: string): string
  /** Looks at the tags of the module; with `force` at versions that are there too. */
  syncModule(moduleId: string, options?: { readonly force?: boolean }): void
  /** Fetches the policies of the group again. */
  syncPolicyGroup(policyGroupId: string): void
  /** Fetches the files of the hook again. */
  syncHook(hookId: string): void
  /** Whether the module, policy group or hook is being looked at. */
  isSyncing(id: string): boolean
  /** Resolves when it is not any more, and at the latest after `timeoutMs`. */
  whenSynced(id: string, timeoutMs: number): Promise<void>
  /** Takes up what the last process left. */
  open(): void
  close(): Promise<void>
}

/** How long an agent may send a webhook again that was taken. */
const webhookMemoryMs = 30 * 24 * 3_600_000
/** As agents remember them; a later delivery of the same event was asked for. */
const deliveryMemoryMs = 24 * 3_600_000
const forgetEveryMs = 3_600_000

export function createVcs(options: VcsOptions): Vcs {
  const context = createVcsContext(options)
  const { db, providers, timing, at, logger } = context
  const runner = new TaskRunner(context, {
    [downloadKind]: new DownloadTask(context),
    [eventKind]: new EventTask(context),
    [hookKind]: new HookTask(context),
    [moduleKind]: new ModuleTask(context),
    [moduleVersionKind]: new ModuleVersionTask(context),
    [policyGroupKind]: new PolicyGroupTask(context),
    [syncKind]: new SyncTask(context),
  })
  const sender = new StatusSender(context)
  const agents = new AgentWatch(context)
  let timers: readonly NodeJS.Timeout[] = []

  function pass(): void {
    try {
      agents.pass()
      runner.pass()
      sender.pass()
    } catch (error) {
      logger.error({ err: error }, 'Tasks at VCSs could not be looked at; the next pass will')
    }
  }
  /** What was added is begun once it is kept. */
  function wake(): void {
    db.afterCommit(() => setImmediate(pass))
  }

  return {
    takeWebhook: (webhook, from) => {
      takeWebhook(context, webhook, from)
      wake()
    },
    syncWorkspace: (workspaceId) =>
      db.transaction(() => {
        const id = addSync(context, workspaceId)
        wake()
        return id
      }),
    syncModule: (moduleId, { force = false } = {}) =>
      db.transaction(() => {
        addModuleSync(context, moduleId, force)
        wake()
      }),
    syncPolicyGroup: (policyGroupId) =>
      db.transaction(() => {
        addPolicyGroupSync(context, policyGroupId, true)
        wake()
      }),
    syncHook: (hookId) =>
      db.transaction(() => {
        addHookSync(context, hookId, true)
        wake()
      }),
    isSyncing: (id) => context.tasks.concerns(id),
    whenSynced: (id, timeoutMs) => runner.whenDone(id, timeoutMs),
    open: () => {
      timers = [
        setInterval(pass, timing.reaperEveryMs).unref(),
        setInterval(() => {
          providers.forgetWebhooks(at(-webhookMemoryMs))
          providers.forgetDeliveries(at(-deliveryMemoryMs))
        }, forgetEveryMs).unref(),
      ]
      pass()
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      await Promise.all([runner.close(), sender.close()])
    },
  }
}

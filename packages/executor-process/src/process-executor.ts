import { readdir } from 'node:fs/promises'

import {
  ConfigurationError,
  IllegalStateError,
  type CheckOptions,
  type Executor,
  type ExecutorCapabilities,
  type Finding,
  type ListOptions,
  type OperationOptions,
  type Workload,
  type WorkloadRef,
  type WorkloadSpec,
} from '@scalr-agent/core'
import { isId, parseUser } from '@scalr-agent/core/container'

import { findCgroupHierarchy, type CgroupHierarchy } from './cgroup/cgroup-hierarchy.ts'
import { warmUpCgroups } from './cgroup/workload-cgroup.ts'
import { checkMachine } from './check-machine.ts'
import { discardLeftover } from './claim.ts'
import type { ProcessContext } from './context.ts'
import { DataDirectory } from './data-directory.ts'
import { DirectoryLock } from './directory-lock.ts'
import { launchWorkload } from './launch.ts'
import { executorName, toProcessError, unless } from './process-error.ts'
import {
  processExecutorOptionsSchema,
  type ProcessExecutorOptions,
} from './process-executor-options.ts'
import { hasProc } from './process-identity.ts'
import { ProcessWorkload } from './process-workload.ts'
import { tidy } from './tidy.ts'
import { readWorkloadState } from './workload-state.ts'

const pendingPollMs = 2

/**
 * Runs workloads as detached processes of this machine. They share the agent's file system and network:
 * use it where every job may be trusted with what its user may do.
 *
 * Everything that is known of a workload lies below `dataDir`, so a new agent process goes on where a
 * killed one stopped.
 *
 * @example
 * ```ts
 * const executor = new ProcessExecutor({ dataDir: '/var/lib/scalr-agent/workloads' })
 * ```
 * @throws {@link ConfigurationError} for wrong options. Nothing is touched before the first call.
 */
export class ProcessExecutor implements Executor {
  readonly name = executorName
  readonly #context: ProcessContext
  readonly #disposal = new AbortController()
  readonly #cgroup: 'auto' | 'off'
  #hierarchy: { readonly found: CgroupHierarchy | undefined } | undefined

  constructor(options: ProcessExecutorOptions) {
    const parsed = processExecutorOptionsSchema.safeParse(options)
    if (!parsed.success) {
      throw ConfigurationError.fromZod('the options of the process executor', parsed.error)
    }
    const { dataDir, clock, logger, user, cgroup } = parsed.data
    const directory = new DataDirectory(dataDir)
    this.#cgroup = cgroup
    this.#context = {
      directory,
      lock: new DirectoryLock(directory.locks, clock),
      clock,
      logger,
      defaultUser: user === undefined ? undefined : parseUser(user),
      cgroups: () => this.#findCgroups(),
    }
  }

  get capabilities(): ExecutorCapabilities {
    const hierarchy = this.#findCgroups()
    return {
      isolation: 'none',
      usesThisMachine: true,
      images: false,
      memoryLimit: hierarchy?.memory !== undefined,
      cpuLimit: hierarchy?.cpu !== undefined,
      user: process.getuid?.() === 0,
      adoption: true,
      usage: hasProc,
      // Caches are links: the workload sees them, but nothing but file permissions makes them read-only.
      caches: false,
    }
  }

  async check(options: CheckOptions = {}): Promise<readonly Finding[]> {
    options.signal?.throwIfAborted()
    return await checkMachine(this.#context, this.#cgroup)
  }

  async launch(spec: WorkloadSpec, options: OperationOptions = {}): Promise<Workload> {
    await launchWorkload(this.#context, spec, options)
    return this.#workload(spec.id)
  }

  /** The kernel takes a while to get ready for moving a process into its cgroup, see `warmUpCgroups`. */
  expectLaunch(): void {
    const hierarchy = this.#findCgroups()
    if (hierarchy !== undefined) warmUpCgroups(hierarchy)
  }

  async attach(id: string, options: OperationOptions = {}): Promise<Workload | undefined> {
    options.signal?.throwIfAborted()
    if (!isId(id)) return undefined
    const paths = this.#context.directory.workload(id)
    try {
      for (;;) {
        const state = await readWorkloadState(paths, this.#context.clock)
        if (state.phase === 'running' || state.phase === 'ended') return this.#workload(id)
        if (state.phase === 'absent') return undefined
        if (!state.pending) await discardLeftover(this.#context, id)
        else await this.#context.clock.sleep(pendingPollMs, { signal: options.signal })
      }
    } catch (error) {
      options.signal?.throwIfAborted()
      throw toProcessError(error, { phase: 'attach', doing: `attach to workload \`${id}\`` })
    }
  }

  async *list(options: ListOptions): AsyncGenerator<WorkloadRef, void> {
    const { directory, clock, logger } = this.#context
    const context = { phase: 'list', doing: `list the workloads below ${directory.root}` }
    options.signal?.throwIfAborted()
    try {
      await tidy(this.#context)
      const names = (await unless(['ENOENT'], () => readdir(directory.workloads))) ?? []
      for (const id of names.filter(isId)) {
        options.signal?.throwIfAborted()
        const state = await readWorkloadState(directory.workload(id), clock).catch(
          (error: unknown) => {
            // One damaged record must not hide the others from adoption.
            logger.error({ workload: id, error }, 'Cannot read a workload; leaving it alone')
          },
        )
        if (state === undefined || state.phase === 'absent') continue
        if (state.record.agentId !== options.agentId) continue
        if (state.phase === 'launching' && !state.pending) {
          await discardLeftover(this.#context, id)
          continue
        }
        yield {
          id,
          agentId: state.record.agentId,
          labels: state.record.labels,
          state: state.phase === 'launching' ? 'starting' : state.phase,
        }
      }
    } catch (error) {
      options.signal?.throwIfAborted()
      throw toProcessError(error, context)
    }
  }

  /** Ends what this process waits for. Workloads go on and can be attached to. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort(
      new IllegalStateError(
        'Cannot go on waiting for a workload: the process executor was disposed. Attach with a new one.',
      ),
    )
  }

  #workload(id: string): Workload {
    return new ProcessWorkload(this.#context, id, this.#disposal.signal)
  }

  #findCgroups(): CgroupHierarchy | undefined {
    if (this.#cgroup === 'off') return undefined
    this.#hierarchy ??= { found: findCgroupHierarchy() }
    return this.#hierarchy.found
  }
}

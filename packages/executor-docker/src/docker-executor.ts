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
import { isId } from '@scalr-agent/core/container'
import { KeyedLock } from '@scalr-agent/core/runtime'

import { checkDocker } from './check-docker.ts'
import { readState } from './container/container-state.ts'
import type { DockerContext } from './context.ts'
import { discardLeftover } from './container/discard-leftover.ts'
import { executorName, toDockerError } from './docker-error.ts'
import {
  dockerExecutorOptionsSchema,
  type DockerExecutorOptions,
} from './docker-executor-options.ts'
import { connectEngine } from './engine/connect-engine.ts'
import { EngineClient } from './calls/engine-client.ts'
import { EngineConnection } from './engine/engine-connection.ts'
import { EngineEvents } from './calls/engine-events.ts'
import { Images } from './images/images.ts'
import { isAbandoned } from './container/is-abandoned.ts'
import { fromLabels, labelNames } from './container/labels.ts'
import { launchWorkload } from './launch/launch-workload.ts'
import { removeVolumes } from './container/remove-workload.ts'
import { DockerWorkload } from './workload/docker-workload.ts'

const pendingPollMs = 25

/**
 * Runs each workload in a container of a Docker engine, local or remote.
 *
 * All that is known of a workload lies in the engine: labels of its container, and files in its
 * volumes. So a new agent process goes on where a killed one stopped.
 *
 * @throws {@link ConfigurationError} for wrong options. Nothing is touched before the first call.
 */
export class DockerExecutor implements Executor {
  readonly name = executorName
  readonly capabilities: ExecutorCapabilities
  readonly #context: DockerContext
  readonly #connection: EngineConnection
  readonly #disposal = new AbortController()

  constructor(options: DockerExecutorOptions = {}) {
    const parsed = dockerExecutorOptionsSchema.safeParse(options)
    if (!parsed.success) {
      throw ConfigurationError.fromZod('the options of the Docker executor', parsed.error)
    }
    const { clock, logger, localEngine, onPullProgress } = parsed.data
    const connection = new EngineConnection(parsed.data.engine)
    const client = new EngineClient(async () => (await connection.get()).docker)
    const images = new Images({ ...parsed.data.images, clock, logger, onPullProgress })
    this.#connection = connection
    this.#context = {
      client,
      events: new EngineEvents(client, clock),
      options: parsed.data,
      ensureImage: async (image, signal) => {
        await images.ensure(await client.docker(), image, { signal })
      },
      clock,
      logger,
      launches: new KeyedLock(),
    }
    this.capabilities = {
      isolation: 'container',
      usesThisMachine: localEngine,
      images: true,
      memoryLimit: true,
      cpuLimit: true,
      user: true,
      adoption: true,
      usage: true,
      caches: localEngine,
    }
  }

  /**
   * As the constructor, but asks the engine first whether it runs on this machine, so that caches are
   * mounted and admission counts the machine's memory where it does.
   *
   * @throws {@link ConfigurationError} for wrong options
   * @throws {@link ExecutorError} `UNAVAILABLE` when no engine answers
   */
  static async connect(
    options: Omit<DockerExecutorOptions, 'localEngine'> = {},
    { signal }: OperationOptions = {},
  ): Promise<DockerExecutor> {
    const { isLocal } = await connectEngine(options.engine, { signal })
    return new DockerExecutor({ ...options, localEngine: isLocal })
  }

  async check(options: CheckOptions = {}): Promise<readonly Finding[]> {
    options.signal?.throwIfAborted()
    return await checkDocker(this.#connection, this.#context.options, {
      ...options,
      signal: this.#signal(options),
    })
  }

  /**
   * Makes sure that the engine has an image, as a launch would: so that the first job need not wait for it.
   *
   * @throws {@link ExecutorError} `IMAGE_PULL_FAILED`, `INVALID_SPEC`, `UNAVAILABLE`
   */
  async ensureImage(image: string, options: OperationOptions = {}): Promise<void> {
    const signal = this.#signal(options)
    try {
      await this.#context.ensureImage(image, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw toDockerError(error, { phase: 'pull', doing: `get the image \`${image}\`` })
    }
  }

  async launch(spec: WorkloadSpec, options: OperationOptions = {}): Promise<Workload> {
    await launchWorkload(this.#context, spec, { signal: this.#signal(options) })
    return this.#workload(spec.id)
  }

  async attach(id: string, options: OperationOptions = {}): Promise<Workload | undefined> {
    const signal = this.#signal(options)
    signal.throwIfAborted()
    if (!isId(id)) return undefined
    const { client, clock } = this.#context
    try {
      for (;;) {
        const state = await readState(client, id, signal)
        if (state.phase === 'absent' || state.phase === 'stranger') {
          // Of a container that was removed by hand: nobody would ask to destroy what is not there.
          await removeVolumes(client, id, signal)
          return undefined
        }
        if (state.phase !== 'starting') return this.#workload(id)
        if (isAbandoned(state, clock)) await discardLeftover(this.#context, state, signal)
        else await clock.sleep(pendingPollMs, { signal })
      }
    } catch (error) {
      signal.throwIfAborted()
      throw toDockerError(error, { phase: 'attach', doing: `attach to workload \`${id}\`` })
    }
  }

  async *list(options: ListOptions): AsyncGenerator<WorkloadRef, void> {
    const signal = this.#signal(options)
    signal.throwIfAborted()
    const { client } = this.#context
    try {
      const agent = `${labelNames.agentId}=${options.agentId}`
      const found = await client.list([agent], signal)
      for (const container of found) {
        const record = fromLabels(container.labels)
        if (record === undefined || container.state === 'removing') continue
        const state =
          container.state === 'created'
            ? await this.#stateOfCreated(record.id, signal)
            : ['exited', 'dead'].includes(container.state)
              ? 'ended'
              : 'running'
        if (state === undefined) continue
        yield { id: record.id, agentId: record.agentId, labels: record.labels, state }
      }
      // Of containers that were removed by hand, or by a process that was killed meanwhile.
      await client.volumes.removeUnused([agent], signal)
    } catch (error) {
      signal.throwIfAborted()
      const doing = `list the workloads of agent ${options.agentId}`
      throw toDockerError(error, { phase: 'list', doing })
    }
  }

  /** Ends what this process waits for. Workloads go on and can be attached to. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort(
      new IllegalStateError(
        'Cannot go on waiting for a workload: the Docker executor was disposed. Attach with a new one.',
      ),
    )
  }

  /** `undefined` for what a dead launcher left, once that is removed. */
  async #stateOfCreated(
    id: string,
    signal: AbortSignal,
  ): Promise<WorkloadRef['state'] | undefined> {
    const state = await readState(this.#context.client, id, signal)
    switch (state.phase) {
      case 'absent':
      case 'stranger':
        return undefined
      case 'running':
      case 'ended':
        return state.phase
      case 'starting':
        if (!isAbandoned(state, this.#context.clock)) return 'starting'
        await discardLeftover(this.#context, state, signal)
        return undefined
    }
  }

  #workload(id: string): Workload {
    return new DockerWorkload(this.#context, id, this.#disposal.signal)
  }

  #signal(options: OperationOptions): AbortSignal {
    this.#disposal.signal.throwIfAborted()
    return options.signal === undefined
      ? this.#disposal.signal
      : AbortSignal.any([options.signal, this.#disposal.signal])
  }
}

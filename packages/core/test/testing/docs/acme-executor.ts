import { checkSpec, executorErrors } from '../../../src/container/index.ts'
import {
  ScalrAgentError,
  type Executor,
  type ExecutorCapabilities,
  type ListOptions,
  type OperationOptions,
  type Outcome,
  type Workload,
  type WorkloadSpec,
} from '../../../src/index.ts'
import type { AcmeBox, AcmeEngine } from './acme-engine.ts'

const agentLabel = 'scalr-agent/agent-id'
const acmeError = executorErrors('acme')

export class AcmeExecutor implements Executor {
  readonly name = 'acme'
  readonly capabilities: ExecutorCapabilities = {
    isolation: 'container',
    usesThisMachine: false,
    images: false,
    memoryLimit: false,
    cpuLimit: false,
    user: false,
    adoption: true,
    usage: false,
    caches: false,
  }
  readonly #engine: AcmeEngine

  constructor(options: { readonly engine: AcmeEngine }) {
    this.#engine = options.engine
  }

  async check({ signal }: OperationOptions = {}) {
    signal?.throwIfAborted()
    const id = 'acme.reachable'
    try {
      await this.#engine.ping(signal)
      return [{ id, level: 'ok', message: 'The engine answers.' }] as const
    } catch {
      signal?.throwIfAborted()
      const remedy = 'Start it, or correct its address.'
      return [{ id, level: 'error', message: 'The engine does not answer.', remedy }] as const
    }
  }

  async launch(spec: WorkloadSpec, { signal }: OperationOptions = {}): Promise<Workload> {
    signal?.throwIfAborted()
    checkSpec(spec, acmeError)
    return await translated('launch', signal, async () => {
      const found = await this.#engine.find(spec.id, signal)
      // Started is started. What is only created was left by a launch that was cut off.
      if (found !== undefined && found.state !== 'created') return workloadOf(found)
      await found?.remove()
      const box = await this.#engine.create(
        {
          name: spec.id,
          command: spec.argv,
          env: { ...spec.env, ...spec.secretEnv },
          labels: { ...spec.labels, [agentLabel]: spec.agentId },
        },
        signal,
      )
      try {
        if (spec.files !== undefined) await box.writeFiles(spec.files(), signal)
        await box.start(signal)
        return workloadOf(box)
      } catch (error) {
        await box.remove()
        throw error
      }
    })
  }

  async attach(id: string, { signal }: OperationOptions = {}): Promise<Workload | undefined> {
    return await translated('attach', signal, async () => {
      const box = await this.#engine.find(id, signal)
      return box && workloadOf(box)
    })
  }

  async *list({ agentId, signal }: ListOptions) {
    const boxes = await translated('list', signal, async () => {
      return await this.#engine.findAll({ [agentLabel]: agentId }, signal)
    })
    for (const { name, labels, state } of boxes) {
      const { [agentLabel]: _own, ...others } = labels
      const shown = state === 'created' ? 'starting' : state
      yield { id: name, agentId, labels: others, state: shown } as const
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function workloadOf(box: AcmeBox): Workload {
  return {
    id: box.name,
    output: (fromByte, { signal } = {}) => box.log(fromByte, signal),
    wait: async ({ signal } = {}): Promise<Outcome> => {
      const { exitCode } = await translated('wait', signal, async () => await box.ended(signal))
      // No record of the exit: lost, whatever the engine calls it (I2).
      if (exitCode === undefined) return { kind: 'lost', evidence: 'The box left no exit record.' }
      if (exitCode === 137) return { kind: 'signaled', signal: 'SIGKILL' } // … and so on to 159
      return { kind: 'exited', exitCode }
    },
    interrupt: async (level) => {
      await translated('interrupt', undefined, async () => {
        if (level === 'kill') await box.killAll()
        else await box.signalOnce(level === 'soft' ? 'SIGTERM' : 'SIGQUIT')
      })
    },
    usage: async () => undefined,
    readFiles: async (paths) =>
      await translated('read-files', undefined, async () => await box.readFiles(paths)),
    destroy: async () => await translated('destroy', undefined, async () => await box.remove()),
  }
}

/** The one place where the engine's errors become ours. */
async function translated<T>(
  phase: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    if (ScalrAgentError.isInstance(error)) throw error
    throw acmeError('ENGINE_FAILURE', phase, `Cannot ${phase}: the engine refused.`, error)
  }
}

import { isConflict } from '../docker-error.ts'
import { orAbsent, type EngineCaller } from './engine-caller.ts'

/** Volumes of the engine. */
export class VolumeCalls {
  readonly #caller: EngineCaller

  constructor(caller: EngineCaller) {
    this.#caller = caller
  }

  /** Removes volumes with these labels that no container has. */
  async removeUnused(labels: readonly string[], signal: AbortSignal): Promise<void> {
    const names = await this.#caller.call(signal, async (docker, abortSignal) => {
      const filters = { label: [...labels], dangling: ['true'] }
      const { Volumes: volumes } = await docker.listVolumes({ filters, abortSignal })
      return (volumes ?? []).map(({ Name: name }) => name)
    })
    for (const name of names) {
      await this.#caller.call(signal, async (docker, abortSignal) => {
        const options = { abortSignal }
        await orAbsent(docker.getVolume(name).remove(options)).catch((error: unknown) => {
          // A container has it after all.
          if (!isConflict(error)) throw error
        })
      })
    }
  }
}

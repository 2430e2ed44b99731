import { access, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import type {
  Executor,
  ExecutorCapabilities,
  Workload,
  WorkloadRef,
  WorkloadSpec,
} from '@scalr-agent/core'

/**
 * An engine whose workloads are files, so that a thousand of them cost nothing and outlive whoever launched
 * them. They end at once. Launching an id again starts nothing; one that was removed before is noted with `again`.
 */
export class FileExecutor implements Executor {
  readonly name = 'file'
  readonly capabilities: ExecutorCapabilities = {
    isolation: 'none',
    usesThisMachine: true,
    images: false,
    memoryLimit: false,
    cpuLimit: false,
    user: false,
    adoption: true,
    usage: false,
    caches: false,
  }
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async check(): Promise<readonly []> {
    await mkdir(this.#directory, { recursive: true })
    return []
  }

  async launch({ id }: WorkloadSpec): Promise<Workload> {
    await mkdir(this.#directory, { recursive: true })
    const wasHere = await this.#has(`${id}.removed`)
    await writeFile(this.#path(wasHere ? `${id}.again` : id), '')
    return this.#workload(id)
  }

  async attach(id: string): Promise<Workload | undefined> {
    return (await this.#has(id)) ? this.#workload(id) : undefined
  }

  async *list({ agentId }: { readonly agentId: string }): AsyncIterable<WorkloadRef> {
    for (const id of await readdir(this.#directory).catch(() => [])) {
      if (!id.includes('.')) yield { id, agentId, labels: {}, state: 'ended' }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #has(name: string): Promise<boolean> {
    return await access(this.#path(name)).then(
      () => true,
      () => false,
    )
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }

  #workload(id: string): Workload {
    return {
      id,
      output: () => Readable.from([Buffer.from('done\n')]),
      wait: async () => ({ kind: 'exited', exitCode: 0 }),
      interrupt: async () => {},
      usage: async () => undefined,
      readFiles: async () => Readable.from([]),
      destroy: async () =>
        await rename(this.#path(id), this.#path(`${id}.removed`)).catch(() => {}),
    }
  }
}

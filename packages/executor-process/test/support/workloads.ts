import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

import type { Workload, WorkloadSpec } from '@scalr-agent/core'
import { ProcessExecutor, type ProcessExecutorOptions } from '@scalr-agent/executor-process'
import { pack, type Header } from 'tar-stream'

/** An executor on a directory of its own; ends and removes all of it. */
export class TestExecutor implements AsyncDisposable {
  readonly dataDir: string
  readonly executor: ProcessExecutor
  readonly #removes: boolean

  private constructor(dataDir: string, removes: boolean, options: Partial<ProcessExecutorOptions>) {
    this.dataDir = dataDir
    this.#removes = removes
    this.executor = new ProcessExecutor({ ...options, dataDir })
  }

  static async create(options: Partial<ProcessExecutorOptions> = {}): Promise<TestExecutor> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'scalr-process-')))
    return new TestExecutor(dataDir, options.dataDir === undefined, options)
  }

  /** A second one, as a new agent process would make it. */
  another(): ProcessExecutor {
    return new ProcessExecutor({ dataDir: this.dataDir })
  }

  workloadPath(id: string, ...names: readonly string[]): string {
    return join(this.dataDir, 'workloads', id, ...names)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for await (const { id } of this.executor.list({ agentId: 'test' })) {
      await (await this.executor.attach(id))?.destroy()
    }
    await this.executor[Symbol.asyncDispose]()
    if (this.#removes) await rm(this.dataDir, { recursive: true, force: true })
  }
}

export function shellSpec(
  id: string,
  script: string,
  changes: Partial<WorkloadSpec> = {},
): WorkloadSpec {
  return {
    id,
    agentId: 'test',
    directory: id,
    argv: ['/bin/sh', '-c', script],
    env: {},
    secretEnv: {},
    resources: {},
    caches: [],
    labels: {},
    startTimeoutMs: 30_000,
    ...changes,
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function readAll(workload: Workload, fromByte = 0): Promise<Buffer> {
  return Buffer.concat(await collect(workload.output(fromByte)))
}

/** Reads output until it holds the text. */
export async function outputHolds(workload: Workload, text: string): Promise<string> {
  let seen = ''
  for await (const chunk of workload.output(0)) {
    seen += Buffer.from(chunk).toString()
    if (seen.includes(text)) return seen
  }
  throw new Error(`the output ended without ${JSON.stringify(text)}: ${JSON.stringify(seen)}`)
}

export type TestEntry = Partial<Header> & { readonly name: string; readonly content?: string }

export function tarOf(entries: readonly TestEntry[]): () => Readable {
  return () => {
    const archive = pack()
    for (const { content, ...header } of entries) archive.entry(header, content ?? '')
    archive.finalize()
    return archive as unknown as Readable
  }
}

/** Resolves when the condition holds; the test's time-out is the limit. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (;;) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

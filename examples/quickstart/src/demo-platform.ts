import type { AgentOptions, Executor } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import type { Tool } from './find-tool.ts'

/** What starts the jobs of a demo, and how they reach its control plane. */
export interface DemoPlatform extends AsyncDisposable {
  /** For people. */
  readonly name: string
  readonly executor: Executor
  /** `undefined`: jobs share the machine's network, and plain HTTP on loopback does. */
  readonly network: DemoNetwork | undefined
  /** Makes the tool available to jobs. @returns options of the agent that go with it */
  prepare(tool: Tool): Promise<Partial<AgentOptions>>
}

/** How containers reach the control plane, over TLS. */
export interface DemoNetwork {
  /** Addresses that the control plane listens on beside loopback. */
  readonly hosts: readonly string[]
  /** Name of the control plane as jobs see it. */
  readonly workloadHost: string
}

/** Jobs as processes of this machine, which find the tool where it is. */
export function processPlatform(options: {
  readonly dataDir: string
  /** `PATH` of the jobs. */
  readonly path: string
}): DemoPlatform {
  return {
    name: 'process',
    executor: new ProcessExecutor({ dataDir: options.dataDir }),
    network: undefined,
    prepare: async ({ iac, path }) => ({ path: options.path, tools: { [iac]: path } }),
    [Symbol.asyncDispose]: async () => {},
  }
}

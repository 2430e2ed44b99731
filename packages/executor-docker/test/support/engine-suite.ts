import type { WorkloadSpec } from '@scalr-agent/core'
import { afterEach, beforeAll } from 'vitest'

import type { DockerExecutorOptions } from '../../src/docker-executor-options.ts'
import { DockerExecutor } from '../../src/docker-executor.ts'
import { dockerHost } from './docker-engine.ts'
import { shellSpec, testAgentId } from './workloads.ts'

/** An executor on the tests' engine, and workloads that are destroyed after each test. */
export interface EngineSuite {
  readonly host: string
  executor: DockerExecutor
  /** The executor with other options, disposed with the suite's own. */
  create(options: DockerExecutorOptions): Promise<DockerExecutor>
  launch(script: string, changes?: Partial<WorkloadSpec>): ReturnType<DockerExecutor['launch']>
}

export function useEngine(): EngineSuite {
  const host = dockerHost ?? 'unix:///none'
  const others: DockerExecutor[] = []
  const suite: Partial<EngineSuite> & Pick<EngineSuite, 'host'> = { host }
  const create = async (options: DockerExecutorOptions = {}): Promise<DockerExecutor> => {
    const executor = await DockerExecutor.connect({ engine: { host }, ...options })
    others.push(executor)
    return executor
  }
  const own = (): DockerExecutor => {
    if (suite.executor === undefined) throw new Error('The suite has not begun.')
    return suite.executor
  }
  const whole = Object.assign(suite, {
    create,
    launch: async (script: string, changes: Partial<WorkloadSpec> = {}) =>
      await own().launch(shellSpec(script, changes)),
  })
  beforeAll(async () => {
    suite.executor = await create()
    return async () => {
      for (const executor of others) await executor[Symbol.asyncDispose]()
    }
  })
  afterEach(async () => {
    for await (const { id } of own().list({ agentId: testAgentId })) {
      await (await own().attach(id))?.destroy()
    }
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- complete once the suite has begun
  return whole as EngineSuite
}

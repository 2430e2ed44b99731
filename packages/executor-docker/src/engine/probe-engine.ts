import type { OperationOptions } from '@scalr-agent/core'

import { connectEngine } from './connect-engine.ts'
import type { EngineOptions } from './engine-options.ts'
import { findGateway } from './find-gateway.ts'

/** What there is to know of an engine before jobs are given to it. */
export interface EngineFacts {
  /** e.g. `unix:///var/run/docker.sock`. */
  readonly address: string
  /** The API version that is spoken with it, e.g. `1.41`. */
  readonly apiVersion: string
  /** e.g. `20.10.24`. */
  readonly engineVersion: string
  /** Whether it runs on this machine and sees its files at the same paths. */
  readonly isLocal: boolean
  /** Address of its machine on the default bridge; containers reach a control plane there. */
  readonly gateway: string | undefined
}

/**
 * Finds the engine that an executor with these options would use.
 *
 * @throws `ConfigurationError` for wrong options
 * @throws `ExecutorError` `UNAVAILABLE`, with all that was tried and why each failed
 */
export async function probeEngine(
  options: EngineOptions = {},
  { signal }: OperationOptions = {},
): Promise<EngineFacts> {
  const { docker, address, apiVersion, engineVersion, isLocal } = await connectEngine(options, {
    signal,
  })
  return { address, apiVersion, engineVersion, isLocal, gateway: await findGateway(docker) }
}

import { readFile } from 'node:fs/promises'

import { ScalrAgentError, type CheckOptions, type Finding } from '@scalr-agent/core'

import type { ResolvedDockerExecutorOptions } from './docker-executor-options.ts'
import { toDockerError } from './docker-error.ts'
import { checkEngine } from './engine/check-engine.ts'
import { checkWorkloadUrl } from './engine/check-workload-url.ts'
import type { Engine } from './engine/connect-engine.ts'
import type { EngineConnection } from './engine/engine-connection.ts'

/** Preflight. What is wrong with the engine is a finding, not an error. */
export async function checkDocker(
  connection: EngineConnection,
  executor: Pick<ResolvedDockerExecutorOptions, 'dns' | 'metadata' | 'network'>,
  { signal = new AbortController().signal, ...options }: CheckOptions,
): Promise<readonly Finding[]> {
  signal.throwIfAborted()
  // On the network of the machine, loopback is the machine's own.
  const workloadUrl = executor.network === 'host' ? undefined : options.workloadUrl
  try {
    const engine = await connection.get()
    return [
      ...(await checkEngine(engine, { workloadUrl, signal })),
      await checkMetadata(engine, executor),
    ]
  } catch (error) {
    signal.throwIfAborted()
    const unreachable = unreachableFinding(error)
    if (workloadUrl === undefined) return [unreachable]
    return [unreachable, checkWorkloadUrl(workloadUrl, undefined)]
  }
}

function unreachableFinding(error: unknown): Finding {
  const { message } = ScalrAgentError.isInstance(error)
    ? error
    : toDockerError(error, { phase: 'check', doing: 'check the Docker engine' })
  return {
    id: 'docker.engine',
    level: 'error',
    message,
    remedy: 'Start the engine, or name another one (`engine.host`, DOCKER_HOST).',
  }
}

/** Google's machines have their resolver at the very address that is blocked. */
async function checkMetadata(
  engine: Engine,
  { dns, metadata }: Pick<ResolvedDockerExecutorOptions, 'dns' | 'metadata'>,
): Promise<Finding> {
  const id = 'docker.metadata'
  if (metadata === 'allow') {
    return {
      id,
      level: 'warning',
      message:
        'Jobs can reach the metadata service of a cloud, and with it the rights of the machine.',
      remedy: "Say `metadata: 'block'`, or give the machine no rights.",
    }
  }
  const resolvers = engine.isLocal ? await readFile('/etc/resolv.conf', 'utf8').catch(() => '') : ''
  if (dns.length === 0 && /^nameserver\s+169\.254\.169\./mu.test(resolvers)) {
    return {
      id,
      level: 'error',
      message:
        "The machine's resolver has an address of the metadata service, which jobs cannot reach: they will resolve no name.",
      remedy: "Name another resolver (`dns`), or say `metadata: 'allow'`.",
    }
  }
  return { id, level: 'ok', message: 'Jobs cannot reach the metadata service of a cloud.' }
}

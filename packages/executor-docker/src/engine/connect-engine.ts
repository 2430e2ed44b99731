import { stat } from 'node:fs/promises'
import { hostname, release } from 'node:os'

import { ConfigurationError, ExecutorError } from '@scalr-agent/core'
import type Docker from 'dockerode'

import { minimumApiVersion, negotiateApiVersion } from './api-version.ts'
import { explainConnectFailure, type ConnectFailure } from './connect-failure.ts'
import { AddressError, describeEndpoint, type Endpoint } from './endpoint.ts'
import { engineOptionsSchema, type EngineOptions } from './engine-options.ts'
import { findEndpoints } from './find-endpoints.ts'
import { askEngine, makeDocker } from './make-docker.ts'

/** How long one engine may take to say who it is. */
const answerLimitMs = 10_000

/** An engine that answered. */
export interface Engine {
  /** Speaks the API version that was agreed on. */
  readonly docker: Docker
  /** e.g. `unix:///var/run/docker.sock`. */
  readonly address: string
  readonly endpoint: Endpoint
  /** e.g. `1.41`. */
  readonly apiVersion: string
  /** e.g. `20.10.24`. */
  readonly engineVersion: string
  /**
   * Whether the engine runs on this machine and sees its files at the same paths. In doubt it does not:
   * a socket may lead to a virtual machine, or the agent may live in a container.
   */
  readonly isLocal: boolean
}

/**
 * Finds the engine and agrees on an API version with it.
 *
 * @throws {@link ConfigurationError} for wrong options
 * @throws {@link ExecutorError} `UNAVAILABLE`, with all that was tried and why each failed
 */
export async function connectEngine(
  options: EngineOptions = {},
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Engine> {
  const parsed = engineOptionsSchema.safeParse(options)
  if (!parsed.success) {
    throw ConfigurationError.fromZod('the options of the Docker engine', parsed.error)
  }
  const failures: (ConnectFailure & { readonly name: string })[] = []
  for (const { name, endpoint } of await findEndpoints(parsed.data)) {
    signal?.throwIfAborted()
    if (endpoint instanceof AddressError) {
      failures.push({ name, what: endpoint.message, retryable: false })
      continue
    }
    const found = await ask(endpoint, signal)
    if ('docker' in found) return found
    failures.push({ name, ...found })
  }
  const lines = failures.map(({ name, what }) => `\n  - ${name}: ${what}`)
  throw new ExecutorError(
    `Cannot reach a Docker engine (API ${minimumApiVersion} or later). Tried:${lines.join('')}\nStart an engine, or name one (\`host\`, DOCKER_HOST).`,
    {
      executor: 'docker',
      phase: 'connect',
      code: 'UNAVAILABLE',
      retryable: failures.some(({ retryable }) => retryable),
    },
  )
}

async function ask(
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<Engine | ConnectFailure> {
  const limit = AbortSignal.timeout(answerLimitMs)
  const abortSignal = signal === undefined ? limit : AbortSignal.any([signal, limit])
  try {
    const anyVersion = makeDocker(endpoint)
    const told = await askEngine(anyVersion, 'version', abortSignal)
    const version = text(told, 'Version') ?? 'unknown'
    if (text(told, 'Os') === 'windows') {
      return { what: 'it runs Windows containers. Jobs need Linux ones.', retryable: false }
    }
    const agreed = negotiateApiVersion({
      newest: text(told, 'ApiVersion') ?? '',
      oldest: text(told, 'MinAPIVersion') ?? '',
    })
    if ('problem' in agreed) {
      return { what: `this is Docker ${version}: ${agreed.problem}.`, retryable: false }
    }
    const docker = makeDocker(endpoint, agreed.version)
    return {
      docker,
      address: describeEndpoint(endpoint),
      endpoint,
      apiVersion: agreed.version,
      engineVersion: version,
      isLocal:
        endpoint.kind === 'unix' && (await runsHere(await askEngine(docker, 'info', abortSignal))),
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof ConfigurationError) throw error
    return explainConnectFailure(error, endpoint)
  }
}

/** By name and kernel of its machine, and a directory that only that machine has. */
async function runsHere(info: unknown): Promise<boolean> {
  if (text(info, 'Name') !== hostname() || text(info, 'KernelVersion') !== release()) return false
  const root = text(info, 'DockerRootDir')
  return (
    root !== undefined &&
    (await stat(root).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  )
}

function text(answer: unknown, field: string): string | undefined {
  const value: unknown = Object(answer)[field]
  return typeof value === 'string' ? value : undefined
}

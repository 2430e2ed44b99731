import { Agent } from 'node:https'

import { ConfigurationError } from '@scalr-agent/core'
import Docker from 'dockerode'

import type { Endpoint } from './endpoint.ts'

/**
 * A dockerode for one engine. Every option is given, also those that are not used: what is absent dockerode
 * would take from the environment.
 *
 * @param apiVersion e.g. `1.41`; `undefined` asks for no version
 */
export function makeDocker(endpoint: Endpoint, apiVersion?: string): Docker {
  const { host, port, protocol, socketPath, pathPrefix, agent } = connection(endpoint)
  const options = {
    host,
    port,
    protocol,
    socketPath,
    pathPrefix,
    agent,
    version: apiVersion === undefined ? undefined : `v${apiVersion}`,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
  }
  try {
    return new Docker(options)
  } catch (error) {
    // It reads DOCKER_HOST and DOCKER_CERT_PATH whether it uses them or not.
    throw new ConfigurationError(
      `Cannot use dockerode: ${error instanceof Error ? error.message : String(error)}. Correct or unset DOCKER_HOST and DOCKER_CERT_PATH in the environment of the agent.`,
      { cause: error },
    )
  }
}

interface Connection {
  readonly host?: string
  readonly port?: number
  readonly protocol: 'http' | 'https'
  readonly socketPath?: string
  readonly pathPrefix?: string
  readonly agent?: Agent
}

function connection(endpoint: Endpoint): Connection {
  if (endpoint.kind === 'unix') return { protocol: 'http', socketPath: endpoint.path }
  const { port, prefix, tls } = endpoint
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  const tcp = { host, port, pathPrefix: `${prefix}/` }
  if (tls === undefined) return { ...tcp, protocol: 'http' }
  const { ca, cert, key } = tls
  return {
    ...tcp,
    protocol: 'https',
    // With our own, no variable of the environment can switch verification off.
    agent: new Agent({ ca, cert, key, keepAlive: true, rejectUnauthorized: true }),
  }
}

/** A question without parameters. dockerode takes a signal for it, although its types do not say so. */
export async function askEngine(
  docker: Docker,
  question: 'version' | 'info',
  abortSignal: AbortSignal,
): Promise<unknown> {
  const answer: unknown = await Reflect.apply(docker[question], docker, [{ abortSignal }])
  return answer
}

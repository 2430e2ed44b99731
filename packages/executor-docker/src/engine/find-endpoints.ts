import { join } from 'node:path'

import { configDirectory, readDockerConfig } from './docker-config.ts'
import { readDockerContext, readTls } from './docker-context.ts'
import {
  AddressError,
  describeEndpoint,
  parseEndpoint,
  type Endpoint,
  type EndpointTls,
} from './endpoint.ts'
import type { ResolvedEngineOptions } from './engine-options.ts'

/** One place where an engine may be, or why it cannot be asked there. */
export interface Candidate {
  /** For people: the address, and how we came by it. */
  readonly name: string
  readonly endpoint: Endpoint | AddressError
}

/**
 * Where to look for an engine, in this order: the given host, the given context, the current context of
 * Docker's client, and only where none was chosen the usual sockets, rootless first. What was chosen is
 * never passed over: jobs do not end up on another engine than the one that was meant.
 *
 * @throws `ConfigurationError` when Docker's configuration cannot be read
 */
export async function findEndpoints(options: ResolvedEngineOptions): Promise<readonly Candidate[]> {
  const { host, context, plainTcp } = options
  const configDir = configDirectory(options.configDir)
  if (host !== undefined) {
    return [
      await candidate(`${withoutUser(host)} (given as host)`, async () =>
        parseEndpoint(host, { tls: await givenTls(options), plainTcp }),
      ),
    ]
  }
  const chosen = context ?? (await readDockerConfig(configDir)).currentContext
  if (chosen !== undefined && chosen !== '' && chosen !== 'default') {
    const how = context === undefined ? 'the current context of Docker' : 'given as context'
    const found = await candidate(`context \`${chosen}\` (${how})`, () =>
      readDockerContext(configDir, chosen, { plainTcp }),
    )
    return [found.endpoint instanceof AddressError ? found : named(found.endpoint, found.name)]
  }
  const runtimeDir = options.runtimeDir ?? `/run/user/${process.getuid?.() ?? 0}`
  return [
    named({ kind: 'unix', path: join(runtimeDir, 'docker.sock') }, 'a rootless engine'),
    named({ kind: 'unix', path: join(configDir, 'run/docker.sock') }, 'Docker Desktop'),
    named({ kind: 'unix', path: '/var/run/docker.sock' }, 'the usual socket'),
  ]
}

function named(endpoint: Endpoint, what: string): Candidate {
  return { name: `${describeEndpoint(endpoint)} (${what})`, endpoint }
}

async function candidate(name: string, read: () => Promise<Endpoint>): Promise<Candidate> {
  try {
    return { name, endpoint: await read() }
  } catch (error) {
    if (error instanceof AddressError) return { name, endpoint: error }
    throw error
  }
}

async function givenTls(options: ResolvedEngineOptions): Promise<EndpointTls | undefined> {
  const { tls, certPath } = options
  if (tls !== undefined) {
    return {
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
    }
  }
  if (certPath === undefined) return undefined
  const found = await readTls(certPath)
  if (found === undefined) {
    throw new AddressError(`there is neither ca.pem nor cert.pem and key.pem in ${certPath}.`)
  }
  return found
}

/** An address with a password in it is refused, and not shown either. */
function withoutUser(address: string): string {
  return address.replace(/\/\/[^/@]*@/u, '//…@')
}

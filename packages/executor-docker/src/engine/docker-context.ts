import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { AddressError, parseEndpoint, type Endpoint, type EndpointTls } from './endpoint.ts'
import { readOptional } from './read-optional.ts'

const metaSchema = z.looseObject({
  Name: z.string(),
  Endpoints: z.looseObject({
    docker: z
      .looseObject({ Host: z.string().optional(), SkipTLSVerify: z.boolean().optional() })
      .optional(),
  }),
})

/**
 * The engine of a context that `docker context create` made, with its TLS material.
 *
 * @throws {@link AddressError}
 */
export async function readDockerContext(
  configDir: string,
  name: string,
  options: { readonly plainTcp: boolean },
): Promise<Endpoint> {
  const id = createHash('sha256').update(name).digest('hex')
  const text = await readFile(join(configDir, 'contexts/meta', id, 'meta.json'), 'utf8').catch(
    (error: unknown) => {
      throw new AddressError(
        `there is no such context in ${configDir} (${errorCode(error)}). \`docker context ls\` shows which there are.`,
      )
    },
  )
  const meta = metaSchema.safeParse(parseJson(text))
  const docker = meta.success ? meta.data.Endpoints.docker : undefined
  if (docker?.Host === undefined || docker.Host === '') {
    throw new AddressError('it names no Docker engine. Make it anew with `docker context create`.')
  }
  if (docker.SkipTLSVerify === true) {
    throw new AddressError(
      'it skips the verification of TLS, which the agent never does. Give the context the CA of the engine.',
    )
  }
  const tls = await readTls(join(configDir, 'contexts/tls', id, 'docker'))
  return parseEndpoint(docker.Host, { tls, plainTcp: options.plainTcp })
}

/** `ca.pem`, `cert.pem` and `key.pem` of a directory; `undefined` when it has none of them. */
export async function readTls(directory: string): Promise<EndpointTls | undefined> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readOptional(join(directory, file))),
  )
  if (ca === undefined && cert === undefined && key === undefined) return undefined
  if ((cert === undefined) !== (key === undefined)) {
    throw new AddressError(`${directory} must hold both cert.pem and key.pem, or neither.`)
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
}

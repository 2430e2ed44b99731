import { z } from 'zod'

import { ConfigurationError } from '../errors/index.ts'
import { readJson, type HttpTransport } from '../http/index.ts'

/** Where Terraform and OpenTofu look as well. */
const wellKnown = '/.well-known/terraform.json'
const service = 'iacp.v3'

const servicesSchema = z.record(z.string(), z.unknown())

/**
 * Asks a server where its API is. No token is sent.
 *
 * @throws `ConfigurationError` when it has no such API, or names another origin for it
 */
export async function discoverApi(
  transport: HttpTransport,
  options: { readonly retryForMs: number; readonly signal?: AbortSignal | undefined },
): Promise<URL> {
  const at = new URL(wellKnown, transport.baseUrl)
  const services = await transport.send({
    doing: `find Scalr's API at ${at.origin}`,
    method: 'GET',
    path: at,
    retry: { forMs: options.retryForMs, when: 'safe' },
    signal: options.signal,
    read: async (answer) => await readJson(answer, servicesSchema),
  })
  const path = services[service]
  if (typeof path !== 'string' || !URL.canParse(path, at.href)) {
    throw new ConfigurationError(
      `Cannot find Scalr's API at ${at.origin}: its ${wellKnown} names no '${service}'. Check the URL: it is https://<account>.scalr.io, or that of your control plane.`,
    )
  }
  const url = new URL(path, at.href)
  if (url.origin !== at.origin) {
    throw new ConfigurationError(
      `Cannot use the API that ${at.origin} names: it is at ${url.origin}, and the token was given for the former. If that is right, give ${url.origin} as \`url\`.`,
    )
  }
  return url
}

import { isAbsolute } from 'node:path'

import { z } from 'zod'

const pem = z.string().includes('-----BEGIN', 'must be PEM text')
const directory = z.string().refine(isAbsolute, 'must be an absolute path')

export const engineOptionsSchema = z.strictObject({
  /**
   * Address of the engine, written as in `DOCKER_HOST`: `unix:///var/run/docker.sock` or
   * `tcp://docker.internal:2376`. Then no other is tried.
   */
  host: z.string().min(1).optional(),
  /** Name of a Docker context (`docker context ls`) to use where `host` is not given. */
  context: z.string().min(1).optional(),
  /** CA that the engine's certificate comes from, and the certificate that we show it, in PEM. */
  tls: z
    .strictObject({ ca: pem.optional(), cert: pem.optional(), key: pem.optional() })
    .refine(
      ({ cert, key }) => (cert === undefined) === (key === undefined),
      'must hold both `cert` and `key`, or neither',
    )
    .optional(),
  /** Directory with `ca.pem`, `cert.pem` and `key.pem`, instead of `tls`. */
  certPath: directory.optional(),
  /**
   * Whether the engine may be spoken to over plain TCP on another machine. Everybody on the way can then
   * read secrets of jobs and take over the engine.
   * @default false
   */
  plainTcp: z.boolean().default(false),
  /** Directory of Docker's own configuration: contexts and registry credentials. @default `~/.docker` */
  configDir: directory.optional(),
  /** Directory of a rootless engine's socket. @default `/run/user/<uid>` */
  runtimeDir: directory.optional(),
})

/** Which Docker engine to use. Without any, it is looked for where Docker's own client does. */
export type EngineOptions = z.input<typeof engineOptionsSchema>
export type ResolvedEngineOptions = z.output<typeof engineOptionsSchema>

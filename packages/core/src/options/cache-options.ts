import { z } from 'zod'

const gibibyte = 1024 ** 3

const baseUrl = z.url({ protocol: /^https?$/u, error: 'must be an HTTP or HTTPS URL' }).optional()
const sizeLimit = z.int().positive()
const maxAgeDays = z.number().positive().default(10)
const keys = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .optional()

const networkMirrorSchema = z.strictObject({
  /** HTTPS, as Terraform and OpenTofu ask for it. */
  url: z.url({ protocol: /^https$/u, error: 'must be an HTTPS URL' }),
  /** Bearer token; handed to workloads, masked in logs. */
  token: z.string().min(1).optional(),
  /** `host/namespace/type`, each part a name or `*`. @default every provider */
  include: z
    .array(
      z
        .string()
        .regex(
          /^(?:[^/\s"]+\/){1,2}[^/\s"]+$/u,
          "must be 'host/namespace/type', with '*' for any part",
        ),
    )
    .min(1, 'must name a pattern; leave it out for every provider')
    .optional(),
})

/** Provider network mirrors, in the order in which they are asked. */
export const networkMirrorsSchema = z.array(networkMirrorSchema)

/** Where releases are downloaded from. */
export const baseUrlsSchema = z.strictObject({
  terraform: baseUrl,
  opentofu: baseUrl,
  terragrunt: baseUrl,
  opa: baseUrl,
})

/** Public keys of those who sign releases. */
export const signingKeysSchema = z.strictObject({ terraform: keys, opentofu: keys })

/** Providers that jobs share, and where they come from. */
export const providerCacheSchema = z.strictObject({
  /** Without it network mirrors are used all the same. @default true */
  enabled: z.boolean().default(true),
  /** Beyond it the least recently used go, but never what a job uses. @default 40 GiB */
  sizeLimitBytes: sizeLimit.default(40 * gibibyte),
  /** What no job used for so long goes. @default 10 */
  maxAgeDays,
  /** Downloads at once, of all jobs together. @default 10 */
  concurrency: z.int().min(1).max(100).default(10),
  /** Asked in this order, before the registry that the provider names. */
  networkMirrors: networkMirrorsSchema.default([]),
  /** Registries that the agent itself downloads from. @default those of Terraform and OpenTofu */
  registryHosts: z
    .array(z.string().regex(/^[a-z0-9.-]+(?::\d+)?$/u, 'must be the name of a host'))
    .optional(),
})

/** Programs that jobs share: Terraform, OpenTofu, Terragrunt, OPA. */
export const binaryCacheSchema = z.strictObject({
  /** Beyond it the least recently used go, but never what a job uses. @default 5 GiB */
  sizeLimitBytes: sizeLimit.default(5 * gibibyte),
  /** What no job used for so long goes. @default 10 */
  maxAgeDays,
  /** For each program, in its maker's own layout. @default the makers' own addresses */
  baseUrls: baseUrlsSchema.default({}),
  /**
   * Armored OpenPGP keys, base64 of them, or paths of files with them. With keys, the checksums of a
   * release must be signed by one of them.
   */
  signingKeys: signingKeysSchema.prefault({}),
})

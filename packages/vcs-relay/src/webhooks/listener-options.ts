import { ConfigurationError } from '@scalr-agent/core'
import { z } from 'zod'

import { decodeSigningKey, signingKeyPrefix } from './signatures/index.ts'
import { isNetwork } from './source-list.ts'
import { vcsKinds } from '../policy/index.ts'

const network = z.string().refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8')

const secret = z
  .string()
  .min(8, 'is too short for a secret: at least 8 characters')
  .refine(
    (value) => !value.startsWith(signingKeyPrefix) || decodeSigningKey(value) !== undefined,
    'begins with whsec_, but what follows is no base64 of a key',
  )

const hookSchema = z.strictObject({
  /** The VCS whose webhooks arrive here, as the agent's configuration names it. */
  vcs: z.string().min(1).max(100),
  kind: z.enum(vcsKinds),
  /**
   * Path of the hook. Whoever knows it may send, so its last part must be a secret:
   * `/hooks/` and what `openssl rand -hex 24` prints.
   */
  path: z
    .string()
    .max(500)
    .regex(/^(?:\/[A-Za-z0-9_-]+)+$/u, 'must be a path of letters, digits, - and _')
    .refine(
      (path) => (path.split('/').at(-1) ?? '').length >= 22,
      'ends in fewer than 22 characters, which can be guessed: use e.g. `openssl rand -hex 24`',
    ),
  /**
   * Secrets that the webhook may be signed with; a GitLab signing key begins with `whsec_`. Without any,
   * signatures are left to the control plane. @default []
   */
  secrets: z.array(secret).max(10).readonly().default([]),
  /** Addresses and networks that may send. @default anybody */
  allowFrom: z.array(network).min(1).readonly().optional(),
})

const listenerOptionsSchema = z.strictObject({
  hooks: z.array(hookSchema.readonly()).min(1, 'names no hook').readonly(),
  /** Proxies whose `X-Forwarded-For` is believed. @default [] */
  trustedProxies: z.array(network).readonly().default([]),
  /** Largest body; GitHub sends up to 25 MB. @default 25 MiB */
  maxBodyBytes: z
    .int()
    .min(1)
    .max(256 * 1024 ** 2)
    .default(25 * 1024 ** 2),
  /** Bodies that are received at one time, all together; beyond, forges are asked to come back. @default 128 MiB */
  maxBufferedBytes: z
    .int()
    .min(1)
    .default(128 * 1024 ** 2),
  /** A sender that is silent for that long is cut. @default 10 s */
  idleMs: z.int().min(1).default(10_000),
  /** A sender that needs longer for all is cut; forges give up after 10 to 30 s. @default 30 s */
  bodyMs: z.int().min(1).default(30_000),
})

/** Where webhooks arrive, who may send them and how they are signed. */
export type WebhookListenerOptions = z.input<typeof listenerOptionsSchema>
export type ResolvedListenerOptions = z.output<typeof listenerOptionsSchema>
export type ResolvedHook = ResolvedListenerOptions['hooks'][number]

/** Checks the options of a listener. @throws ConfigurationError that tells no path and no secret */
export function resolveListenerOptions(options: WebhookListenerOptions): ResolvedListenerOptions {
  const parsed = listenerOptionsSchema.safeParse(options)
  if (!parsed.success) {
    // Without its cause: zod's issues may hold what was given.
    const { message } = ConfigurationError.fromZod(
      'the options of the webhook listener',
      parsed.error,
    )
    throw new ConfigurationError(message)
  }
  const paths = parsed.data.hooks.map(({ path }) => path)
  if (new Set(paths).size < paths.length) {
    throw new ConfigurationError(
      'Cannot use the options of the webhook listener: two hooks have the same path. Give each its own.',
    )
  }
  return parsed.data
}

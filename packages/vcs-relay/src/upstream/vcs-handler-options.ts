import {
  silentLogger,
  systemClock,
  type Clock,
  type Logger,
  type ProxyOptions,
} from '@scalr-agent/core'
import { z } from 'zod'

import { credentialsOptionsSchema } from '../credentials/index.ts'
import { policyOptionsSchema, vcsKinds } from '../policy/index.ts'

const milliseconds = z.int().positive().max(86_400_000)

export const vcsHandlerOptionsSchema = z.strictObject({
  /** What kind of server it is; `gitea` is Forgejo, too. */
  kind: z.enum(vcsKinds),
  /** URL of the server, with the path that it lives below: `https://git.example.com/gitlab`. */
  url: z.union([z.string(), z.instanceof(URL)]),
  /** How the agent proves itself there. */
  credentials: credentialsOptionsSchema,
  /** What may be asked for. @default reading everything that the credentials can see */
  policy: policyOptionsSchema.prefault({}),
  /** Records what is asked for, and writes the smallest policy that allows it to this file. */
  learn: z.strictObject({ path: z.string().min(1) }).optional(),
  /**
   * Origins beside the server's own that archives may be redirected to.
   * @default `codeload.<host>` for GitHub Enterprise Server
   */
  extraOrigins: z.array(z.string()).optional(),
  /** Authorities of the server's certificate: path, PEM or base64 of PEM. @default the machine's own */
  caCert: z.string().optional(),
  /** Proxies on the way to the VCS. */
  proxy: z.custom<ProxyOptions>((value) => typeof value === 'object').optional(),
  /** @default 10_000 */
  connectTimeoutMs: milliseconds.default(10_000),
  /** Until the VCS begins to answer; git counts objects first. @default 120_000 */
  firstByteTimeoutMs: milliseconds.default(120_000),
  /** How long a body may stand still, in either direction; there is no limit to the whole. @default 60_000 */
  idleTimeoutMs: milliseconds.default(60_000),
  /** @default the machine's own clock */
  clock: z.custom<Clock>((value) => typeof value === 'object').default(systemClock),
  /** @default a logger that says nothing */
  logger: z.custom<Logger>((value) => typeof value === 'object').default(silentLogger),
})

/** A private VCS, as the agent beside it reaches it. */
export type VcsHandlerOptions = z.input<typeof vcsHandlerOptionsSchema>
export type ResolvedVcsHandlerOptions = z.output<typeof vcsHandlerOptionsSchema>

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { vcsKinds } from '@scalr-agent/vcs-relay'
import { z } from 'zod'

const path = z.string().min(1)

const hookSchema = z.strictObject({
  /** Ends in a secret: `/hooks/` and what `openssl rand -hex 24` prints. Give this or `pathFile`. */
  path: z.string().optional(),
  pathFile: path.optional(),
  /** Files of secrets that webhooks are signed with. Without, the control plane checks them. @default [] */
  secretFiles: z.array(path).default([]),
  /** Addresses and networks that may send. @default anybody */
  allowFrom: z.array(z.string()).optional(),
})

const vcsSchema = z.looseObject({
  kind: z.enum(vcsKinds),
  url: z.url(),
  /** A policy in a file of its own, as `learn` writes it. */
  policyFile: path.optional(),
  hook: hookSchema.optional(),
})

const webhooksSchema = z.strictObject({
  /** @default '127.0.0.1' */
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535),
  /** Certificate and key in PEM; without them plain HTTP, for a proxy that ends TLS. */
  certFile: path.optional(),
  keyFile: path.optional(),
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: z.array(z.string()).optional(),
  /** Room for webhooks that wait for the control plane. @default 1024 */
  spoolMegabytes: z.int().min(1).optional(),
})

const configSchema = z.strictObject({
  /** By the names that VCS providers know them by. */
  vcs: z.record(z.string().min(1).max(64), vcsSchema),
  /** Where webhooks arrive; needed where a VCS has a `hook`. */
  webhooks: webhooksSchema.optional(),
})

/** One VCS in the agent's configuration; the rest of it are options of `createVcsHandler`. */
export type VcsEntry = z.output<typeof vcsSchema>
export type HookEntry = z.output<typeof hookSchema>
export type WebhooksEntry = z.output<typeof webhooksSchema>

/** The agent's configuration, and how paths in it are meant. */
export interface VcsConfig {
  readonly vcs: Readonly<Record<string, VcsEntry>>
  readonly webhooks: WebhooksEntry | undefined
  /** Paths are relative to the configuration. */
  readonly pathOf: (path: string) => string
}

/** Reads the configuration. @throws ConfigurationError that names what is wrong and shows no value */
export async function readVcsConfig(file: string): Promise<VcsConfig> {
  const parsed = configSchema.safeParse(parse(file, await read(file)))
  if (!parsed.success) {
    throw ConfigurationError.fromZod(`the configuration ${file} of the VCS agent`, parsed.error)
  }
  const { vcs, webhooks } = parsed.data
  if (webhooks === undefined && Object.values(vcs).some(({ hook }) => hook !== undefined)) {
    throw new ConfigurationError(
      `Cannot use the configuration ${file} of the VCS agent: a VCS has a \`hook\`, and \`webhooks\` does not say where to listen. Add e.g. "webhooks": { "port": 8443, … }.`,
    )
  }
  return { vcs, webhooks, pathOf: (each) => resolve(dirname(file), each) }
}

/** A secret from a file, without the line end that editors add. @throws ConfigurationError */
export async function readSecretFile(file: string): Promise<string> {
  return (await read(file)).trimEnd()
}

async function read(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new ConfigurationError(
      `Cannot read ${file}: ${code}. Check the path and its permissions.`,
      { cause },
    )
  })
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without its cause, which quotes the text.
    throw new ConfigurationError(
      `Cannot use the configuration ${file} of the VCS agent: it is not JSON.`,
    )
  }
}

import { z } from 'zod'

import type { SecretSetting } from './secret-source.ts'

const secret = z.string().min(1).max(65_536)
const file = z.string().min(1)

const tokenFields = {
  /** The token. Give this or `tokenFile`. */
  token: secret.optional(),
  /** File that holds the token; read anew when it is replaced. */
  tokenFile: file.optional(),
}
const one = 'give exactly one of both: the secret, or the file that holds it'

export const credentialsOptionsSchema = z.discriminatedUnion('type', [
  /** No credentials: what everybody may read. */
  z.strictObject({ type: z.literal('none') }),
  /**
   * A token, sent as that kind of server wants it: a GitHub token, a personal, group or project access
   * token of GitLab (`PRIVATE-TOKEN`), an HTTP access token of Bitbucket, a token of Gitea.
   */
  z
    .strictObject({ type: z.literal('token'), ...tokenFields })
    .refine((it) => isOne(it.token, it.tokenFile), one),
  /** `Authorization: Bearer`, for REST and git alike, e.g. an OAuth token. */
  z
    .strictObject({ type: z.literal('bearer'), ...tokenFields })
    .refine((it) => isOne(it.token, it.tokenFile), one),
  /** User name and password (or token). */
  z
    .strictObject({
      type: z.literal('basic'),
      username: z
        .string()
        .min(1)
        .max(255)
        .refine((name) => !name.includes(':'), "must not hold ':'"),
      password: secret.optional(),
      passwordFile: file.optional(),
    })
    .refine((it) => isOne(it.password, it.passwordFile), one),
  /** A GitHub App; its installation tokens are fetched, kept and renewed here. */
  z
    .strictObject({
      type: z.literal('github-app'),
      /** App id or client id. */
      appId: z.union([z.string().regex(/^[\w.-]+$/u), z.int().positive()]).transform(String),
      /** PEM, PKCS#1 or PKCS#8. Give this or `privateKeyFile`. */
      privateKey: secret.optional(),
      privateKeyFile: file.optional(),
      /** @default found out for each owner of a repository */
      installationId: z.int().positive().optional(),
    })
    .refine((it) => isOne(it.privateKey, it.privateKeyFile), one),
])

/** How the agent proves itself to the VCS. The control plane never learns it. */
export type CredentialsOptions = z.input<typeof credentialsOptionsSchema>
export type ResolvedCredentialsOptions = z.output<typeof credentialsOptionsSchema>

function isOne(value: string | undefined, path: string | undefined): boolean {
  return (value === undefined) !== (path === undefined)
}

/** The one of both that was given. */
export function secretSetting(value: string | undefined, path: string | undefined): SecretSetting {
  if (value !== undefined) return { value }
  if (path !== undefined) return { file: path }
  throw new TypeError('neither secret nor file')
}

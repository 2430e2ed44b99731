import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { z } from 'zod'

const authSchema = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
})

const dockerConfigSchema = z.looseObject({
  auths: z.record(z.string(), authSchema).default({}),
  /** Helper for all registries, `docker-credential-<name>`. */
  credsStore: z.string().optional(),
  /** Helpers of single registries. */
  credHelpers: z.record(z.string(), z.string()).default({}),
  currentContext: z.string().optional(),
})

/** What we read of Docker's own `config.json`. */
export type DockerConfig = z.output<typeof dockerConfigSchema>

/** `~/.docker`, unless another was chosen. */
export function configDirectory(configDir: string | undefined): string {
  return configDir ?? join(homedir(), '.docker')
}

/**
 * Docker's own configuration; an empty one where the file does not exist.
 *
 * @throws {@link ConfigurationError} when there is one that cannot be read. Its text is not in the message:
 * it may hold passwords.
 */
export async function readDockerConfig(directory: string): Promise<DockerConfig> {
  const path = join(directory, 'config.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return dockerConfigSchema.parse({})
    throw new ConfigurationError(
      `Cannot read Docker's configuration ${path} (${String(code)}). Let the agent's user read it, or name another directory with \`configDir\` (DOCKER_CONFIG).`,
      { cause: error },
    )
  }
  let json: unknown
  try {
    json = text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    throw new ConfigurationError(
      `Cannot read Docker's configuration ${path}: it is no JSON. Correct it, or name another directory with \`configDir\` (DOCKER_CONFIG).`,
    )
  }
  const parsed = dockerConfigSchema.safeParse(json)
  if (!parsed.success)
    throw ConfigurationError.fromZod(`Docker's configuration ${path}`, parsed.error)
  return parsed.data
}

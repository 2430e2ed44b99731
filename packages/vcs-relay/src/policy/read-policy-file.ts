import { readFile } from 'node:fs/promises'

import { ConfigurationError } from '@scalr-agent/core'

import { policyOptionsSchema, type ResolvedPolicyOptions } from './policy-options.ts'

/**
 * Reads a policy from a JSON file, as learn mode writes it.
 * @throws {@link ConfigurationError} `INVALID_OPTIONS`, with one line for each mistake
 */
export async function readPolicyFile(path: string): Promise<ResolvedPolicyOptions> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigurationError(
      `Cannot read the relay policy ${path}: ${codeOf(error)}. Check the path and its permissions.`,
      { cause: error },
    )
  })
  const parsed = policyOptionsSchema.safeParse(parseJson(text, path))
  if (!parsed.success) throw ConfigurationError.fromZod(`the relay policy ${path}`, parsed.error)
  return parsed.data
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ConfigurationError(
      `Cannot use the relay policy ${path}: it is not JSON. Compare it with one that learn mode wrote.`,
      { cause: error },
    )
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

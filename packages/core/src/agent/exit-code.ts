import { AuthenticationError, ConfigurationError } from '../errors/index.ts'

/**
 * Exit code of a daemon whose agent ended with that error: 2 when a person has to change something first
 * (token, options, data directory), so that a supervisor need not restart it; 1 otherwise.
 */
export function exitCodeFor(error: unknown): 1 | 2 {
  return error instanceof AuthenticationError || error instanceof ConfigurationError ? 2 : 1
}

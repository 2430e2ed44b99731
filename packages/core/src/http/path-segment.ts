import { ConfigurationError } from '../errors/index.ts'

/**
 * One segment of a URL path. An empty one and the two that climb are refused, since a URL parser would
 * make another path of them.
 */
export function pathSegment(value: string, what: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new ConfigurationError(
      `Cannot use ${JSON.stringify(value)} as ${what}: it is no id or name.`,
    )
  }
  return encodeURIComponent(value)
}

import { vi } from 'vitest'

/** Tries until the check passes: for what other parts of the system do in their own time. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 20 })
}

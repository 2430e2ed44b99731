import type { Kind } from './kind.ts'

/** What no value is: the schema is to say what is wrong. */
export const unfit = Symbol('unfit')

/**
 * Reads a value that is as it should be, without its schema: lists hold ten thousands of them. Gives what
 * the schema would give, or `unfit`.
 */
export function quickRead(kind: Kind, value: unknown): unknown {
  if (kind.fits !== undefined) return kind.fits(value) ? value : unfit
  if (kind.item !== undefined) return Array.isArray(value) ? readList(kind.item, value) : unfit
  if (kind.members === undefined || !isObject(value)) return unfit
  const read: Record<string, unknown> = {}
  for (const [name, wire, field] of kind.members) {
    const member = value[wire]
    const found = member === undefined || member === null ? null : quickRead(field, member)
    if (found === unfit) return unfit
    read[name] = found
  }
  return read
}

function readList(item: Kind, values: readonly unknown[]): unknown {
  const read: unknown[] = []
  for (const value of values) {
    const found = quickRead(item, value)
    if (found === unfit) return unfit
    read.push(found)
  }
  return read
}

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

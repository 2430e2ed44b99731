import { isDeepStrictEqual } from 'node:util'

import { ScalrAgentError } from '../../errors/index.ts'
import type { ExecutorErrorCode } from '../../errors/index.ts'

/** An executor does not behave as the kit asks. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure'
}

export function fail(message: string): never {
  throw new ConformanceFailure(message)
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message)
}

/** Compares by value. `what` names the thing that was looked at. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) {
    fail(`${what} should be ${show(expected)} and is ${show(actual)}`)
  }
}

/** Compares bytes, and tells the first that differs instead of all of them. */
export function equalBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(actual, expected) === 0) return
  const length = Math.min(actual.length, expected.length)
  let at = 0
  while (at < length && actual[at] === expected[at]) at += 1
  const found = show(Buffer.from(actual.subarray(at, at + 24)).toString('latin1'))
  fail(
    `${what} should have ${expected.length} bytes and has ${actual.length}; they differ from byte ${at} on (${found})`,
  )
}

/** The call must be refused by an error of our family with one of these codes. */
export async function refused(
  call: Promise<unknown>,
  codes: ExecutorErrorCode | readonly ExecutorErrorCode[],
  what: string,
): Promise<ScalrAgentError> {
  const wanted: readonly string[] = typeof codes === 'string' ? [codes] : codes
  const error = await failure(call, what)
  if (!ScalrAgentError.isInstance(error)) fail(`${what} threw ${show(error)}, no ScalrAgentError`)
  check(wanted.includes(error.code), `${what} threw ${error.code}, not ${wanted.join(' or ')}`)
  return error
}

/** What the call was rejected with. */
export async function failure(call: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  return fail(`${what} should have been refused`)
}

export function show(value: unknown): string {
  const text =
    value instanceof Error
      ? `${value.name}: ${value.message}`
      : (JSON.stringify(value) ?? 'undefined')
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}

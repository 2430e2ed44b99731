/** `Retry-After` (RFC 9110 §10.2.3), seconds or an HTTP date; `undefined` when it is neither. */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,9}$/u.test(text)) return Number(text) * 1000
  // Date.parse takes much that is no HTTP date, e.g. '-1': those begin with the day's name.
  if (!/^[A-Za-z]{3}/u.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}

const jwt = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/gu
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/giu

/** Text of a server made fit for a message: without tokens, on one line, bounded. */
export function redactText(text: string, secrets: readonly string[], maxLength = 300): string {
  let clean = text
  for (const secret of secrets) {
    if (secret !== '') clean = clean.replaceAll(secret, '[redacted]')
  }
  clean = clean
    .replace(jwt, '[redacted]')
    .replace(bearer, '$1 [redacted]')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean
}

/**
 * What a JSON value looks like, without what it says: keys stay, strings become their length. A reply
 * that breaks its schema may hold tokens and variables anywhere.
 */
export function describeShape(value: unknown, maxLength = 300): string {
  const text = JSON.stringify(shape(value, 0)) ?? typeof value
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

function shape(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return `<${value.length} characters>`
  if (typeof value !== 'object' || value === null) return value
  if (depth >= 3) return Array.isArray(value) ? '[…]' : '{…}'
  if (Array.isArray(value)) {
    const items = value.slice(0, 2).map((item) => shape(item, depth + 1))
    return value.length > 2 ? [...items, `<${value.length - 2} more>`] : items
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 20)
      .map(([key, item]) => [key.slice(0, 60), shape(item, depth + 1)]),
  )
}

/**
 * The end of a text: as many whole lines as fit, or the end of the last one where it alone is longer.
 */
export function lastLines(text: string, maxChars: number): string {
  const trimmed = text.trimEnd()
  if (trimmed.length <= maxChars) return trimmed
  const cut = trimmed.slice(-maxChars)
  const startsLine = trimmed[trimmed.length - maxChars - 1] === '\n'
  const newline = cut.indexOf('\n')
  // Half of a character that takes two code units says nothing.
  if (!startsLine && newline === -1) return cut.replace(/^[\uDC00-\uDFFF]/u, '')
  return startsLine ? cut : cut.slice(newline + 1)
}

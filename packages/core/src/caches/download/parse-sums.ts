/**
 * The sums of a `SHA256SUMS` file by file name. A file of one bare sum has it under the name ''.
 * Lines that say something else are passed over.
 */
export function parseSums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]{64})(?:\s+\*?(?:\.\/)?(\S+))?$/iu.exec(line.trim())
    if (match?.[1] !== undefined) sums.set(match[2] ?? '', match[1].toLowerCase())
  }
  return sums
}

const newline = 0x0a

/** Whole lines of a stream. What comes after the last newline is no line: the stream was cut there. */
export async function* readLines(
  source: AsyncIterable<unknown>,
  limitBytes: number,
): AsyncGenerator<string, void> {
  let parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) continue
    let rest = chunk
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      parts.push(rest.subarray(0, end))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      bytes = 0
      rest = rest.subarray(end + 1)
    }
    if (rest.length === 0) continue
    parts.push(rest)
    bytes += rest.length
    if (bytes > limitBytes)
      throw new Error(`a line of the stream has more than ${limitBytes} bytes`)
  }
}

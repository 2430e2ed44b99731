import { styleText } from 'node:util'

/** Where the demo writes to; a test reads it back. */
export interface Screen {
  heading(text: string): void
  line(text: string): void
  /** A line that the next one replaces, on a terminal; elsewhere nothing. */
  progress(text: string): void
  /** Log bytes as they are. */
  log(text: string): void
}

export function terminalScreen(stream: NodeJS.WriteStream): Screen {
  const isTerminal = stream.isTTY
  let open = false
  let atLineStart = true
  const clear = (): void => {
    if (open) stream.write('\r\u001B[2K')
    open = false
  }
  const write = (text: string): void => {
    clear()
    if (!atLineStart) stream.write('\n')
    stream.write(`${text}\n`)
    atLineStart = true
  }
  return {
    heading: (text) => write(`\n${isTerminal ? styleText('bold', text) : text}`),
    line: write,
    progress: (text) => {
      if (!isTerminal || !atLineStart) return
      clear()
      stream.write(text.slice(0, (stream.columns ?? 80) - 1))
      open = true
    },
    log: (text) => {
      if (text === '') return
      clear()
      stream.write(text)
      atLineStart = text.endsWith('\n')
    },
  }
}

import { styleText } from 'node:util'

/** Where the demo writes to; a test reads it back. */
export interface Screen {
  /** Begins a part of the story. */
  heading(text: string): void
  line(text: string): void
  /** The last line of a terminal, replaced by the next one; elsewhere nothing. */
  progress(text: string): void
  /** A piece of a job's log as it came, set off from what the demo says itself. */
  log(text: string): void
}

const defaultColumns = 80
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

export function terminalScreen(stream: NodeJS.WriteStream): Screen {
  const isTerminal = stream.isTTY
  const bar = isTerminal ? styleText('dim', '  │ ') : '  │ '
  let progressShown = false
  let atLineStart = true
  let turn = 0
  const clear = (): void => {
    if (progressShown) stream.write('\r\u001B[2K')
    progressShown = false
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
      turn += 1
      const columns = stream.columns > 0 ? stream.columns : defaultColumns
      stream.write(`${spinner[turn % spinner.length]} ${text}`.slice(0, columns - 1))
      progressShown = true
    },
    log: (text) => {
      if (text === '') return
      clear()
      // The bar stands before each line, also where a line comes in pieces.
      const lines = text.split('\n')
      for (const [index, line] of lines.entries()) {
        const isLast = index === lines.length - 1
        if (isLast && line === '') break
        stream.write(`${atLineStart ? bar : ''}${line}${isLast ? '' : '\n'}`)
        atLineStart = !isLast
      }
    },
  }
}

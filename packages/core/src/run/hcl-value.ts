/**
 * Why a text is no single HCL expression that can stand behind `name =`; `undefined` when it may be one.
 *
 * It follows brackets, strings, templates, heredocs and comments, which is what decides where an
 * expression ends: what passes here cannot become a second assignment, whatever it holds. Whether it
 * means anything is left to the tool.
 */
export function rejectHclValue(text: string): string | undefined {
  const scanner = new HclScanner(text.trim())
  return scanner.run()
}

type Frame =
  | { readonly kind: '(' | '[' | '{' | 'template' | 'quoted' }
  | { readonly kind: 'heredoc'; readonly tag: string }

const closers: Readonly<Record<string, Frame['kind']>> = { ')': '(', ']': '[', '}': '{' }

class HclScanner {
  readonly #text: string
  readonly #frames: Frame[] = []
  #at = 0
  #reason: string | undefined

  constructor(text: string) {
    this.#text = text
  }

  run(): string | undefined {
    if (this.#text === '') return 'it is empty'
    if (/^(?:#|\/\/|\/\*)/u.test(this.#text)) return 'it begins with a comment'
    while (this.#at < this.#text.length && this.#reason === undefined) {
      const frame = this.#frames.at(-1)
      if (frame?.kind === 'quoted') this.#quoted()
      else if (frame?.kind === 'heredoc') this.#heredoc(frame.tag)
      else this.#code(frame?.kind)
    }
    if (this.#reason !== undefined) return this.#reason
    const open = this.#frames.at(-1)
    return open === undefined ? undefined : `${nameOf(open)} is never closed`
  }

  #code(inside: Frame['kind'] | undefined): void {
    const character = this.#text[this.#at] ?? ''
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (character === '\n' && inside === undefined) {
      this.#reason = 'it goes on in a new line outside of brackets'
    } else if (character === '#' || rest === '//') {
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end === -1 ? this.#text.length : end
    } else if (rest === '/*') {
      const end = this.#text.indexOf('*/', this.#at + 2)
      if (end === -1) this.#reason = 'a comment is never closed'
      this.#at = end + 2
    } else if (rest === '<<') {
      this.#openHeredoc()
    } else if (character === '"') {
      this.#push({ kind: 'quoted' }, 1)
    } else if (character === '(' || character === '[' || character === '{') {
      this.#push({ kind: character }, 1)
    } else if (character in closers) {
      this.#close(character, inside)
    } else {
      this.#at += 1
    }
  }

  #close(character: string, inside: Frame['kind'] | undefined): void {
    if (inside === closers[character] || (character === '}' && inside === 'template')) {
      this.#frames.pop()
      this.#at += 1
    } else {
      this.#reason = `a '${character}' closes nothing`
    }
  }

  #quoted(): void {
    const character = this.#text[this.#at]
    if (character === '\n') this.#reason = 'a string goes over the end of its line'
    else if (character === '\\') this.#at += 2
    else if (character === '"') {
      this.#frames.pop()
      this.#at += 1
    } else this.#literal()
  }

  /** One character of a string or heredoc, or what opens a template in it. */
  #literal(): void {
    const run = /^(?<signs>[$%]+)\{/u.exec(this.#text.slice(this.#at, this.#at + 4))
    const signs = run?.groups?.['signs'] ?? ''
    if (signs.length === 0) {
      const many = /^[$%]{3}/u.test(this.#text.slice(this.#at, this.#at + 3))
      // Versions of HCL differ in what such a run of signs before a brace means.
      if (many && /^[$%]+\{/u.test(this.#text.slice(this.#at))) this.#reason = ambiguous
      else this.#at += 1
    } else if (signs.length === 1) this.#push({ kind: 'template' }, 2)
    else if (signs.length > 2) this.#reason = ambiguous
    // Doubled it is no template; behind the other sign it is one.
    else this.#at += signs[0] === signs[1] ? 3 : 1
  }

  #openHeredoc(): void {
    const line = this.#text.slice(this.#at).split('\n', 1)[0] ?? ''
    const tag = /^<<-?(?<tag>[\p{ID_Start}_][\p{ID_Continue}-]*)\r?$/u.exec(line)?.groups?.['tag']
    if (tag === undefined) this.#reason = "a '<<' begins no heredoc"
    else this.#push({ kind: 'heredoc', tag }, line.length + 1)
  }

  #heredoc(tag: string): void {
    if (this.#at === 0 || this.#text[this.#at - 1] === '\n') {
      const line = this.#text.slice(this.#at).split('\n', 1)[0] ?? ''
      if (line.trim() === tag) {
        this.#frames.pop()
        this.#at += line.length
        return
      }
    }
    this.#literal()
  }

  #push(frame: Frame, length: number): void {
    this.#frames.push(frame)
    this.#at += length
  }
}

const ambiguous =
  "three or more '$' or '%' stand before a '{'; write one of them as \\u0024 or \\u0025"

function nameOf(frame: Frame): string {
  switch (frame.kind) {
    case 'quoted':
      return 'a string'
    case 'heredoc':
      return 'a heredoc'
    case 'template':
      return 'a template'
    case '(':
    case '[':
    case '{':
      return `a '${frame.kind}'`
  }
}

/** A token of the HCL subset that lock files are written in. */
export type LockToken =
  | { readonly kind: 'word'; readonly text: string; readonly line: number }
  | { readonly kind: 'string'; readonly text: string; readonly line: number }
  | {
      readonly kind: 'mark'
      readonly text: '{' | '}' | '[' | ']' | '=' | ','
      readonly line: number
    }
  | { readonly kind: 'newline'; readonly line: number }
  | { readonly kind: 'end'; readonly line: number }

/** A lock file that is not what `terraform init` writes. The line is told, never its text. */
export class LockFileSyntaxError extends Error {
  override readonly name = 'LockFileSyntaxError'

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
  }
}

const pieces =
  /(?<space>[ \t]+)|(?<newline>\r?\n)|(?<line>(?:#|\/\/)[^\n]*)|(?<block>\/\*[\s\S]*?\*\/)|(?<word>[A-Za-z_][\w-]*)|"(?<string>(?:[^"\\\n\r]|\\[^\n\r])*)"|(?<mark>[{}[\]=,])/uy

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
}

/** Splits the text of a lock file. @throws {@link LockFileSyntaxError} */
export function lockTokens(text: string): readonly LockToken[] {
  const tokens: LockToken[] = []
  const piece = new RegExp(pieces)
  let line = 1
  while (piece.lastIndex < text.length) {
    const groups = piece.exec(text)?.groups
    if (groups === undefined) {
      throw new LockFileSyntaxError(line, 'something that lock files do not hold')
    }
    const { newline, block, word, string, mark } = groups
    if (newline !== undefined) {
      tokens.push({ kind: 'newline', line })
      line += 1
    } else if (block !== undefined) line += block.split('\n').length - 1
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, line })
    else if (string !== undefined) {
      tokens.push({ kind: 'string', text: unescape(string, line), line })
    } else if (isMark(mark)) tokens.push({ kind: 'mark', text: mark, line })
  }
  tokens.push({ kind: 'end', line })
  return tokens
}

function unescape(raw: string, line: number): string {
  const literal = raw.replaceAll('$${', '').replaceAll('%%{', '')
  if (literal.includes('${') || literal.includes('%{')) {
    throw new LockFileSyntaxError(line, 'a template in a string')
  }
  return raw
    .replaceAll(
      /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))/gu,
      (_all, four, eight, one) => {
        const hex: unknown = four ?? eight
        if (typeof hex === 'string') {
          const point = Number.parseInt(hex, 16)
          if (point <= 0x10_ff_ff) return String.fromCodePoint(point)
        }
        const plain = typeof one === 'string' ? escapes[one] : undefined
        if (plain === undefined)
          throw new LockFileSyntaxError(line, 'an unknown escape in a string')
        return plain
      },
    )
    .replaceAll('$${', '${')
    .replaceAll('%%{', '%{')
}

function isMark(text: string | undefined): text is '{' | '}' | '[' | ']' | '=' | ',' {
  return text !== undefined && '{}[]=,'.includes(text)
}

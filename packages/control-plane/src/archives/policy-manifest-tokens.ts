/** What is wrong with a `scalr-policy.hcl`, and where. */
export class PolicyManifestError extends Error {
  override readonly name = 'PolicyManifestError'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

export interface ManifestToken {
  readonly kind: 'word' | 'string' | '=' | '{' | '}' | 'line' | 'end'
  /** Of a word as it stands, of a string what it says. */
  readonly text: string
  readonly line: number
}

/** HCL's escapes, but for those of Unicode, which such a file has no use for. */
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** In this order, at each place: blanks, a comment, a line end, a sign, a word, a number, a string. */
const pattern =
  /(?<blank>[ \t]+)|(?<comment>(?:#|\/\/)[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)|(?<line>\r?\n)|(?<sign>[={}])|(?<word>[A-Za-z_][A-Za-z0-9_-]*)|(?<quoted>"(?:[^"\\\r\n]|\\[^\r\n])*")/uy

/** @throws {@link PolicyManifestError} */
export function manifestTokens(text: string): readonly ManifestToken[] {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  const tokens: ManifestToken[] = []
  let line = 1
  let at = 0
  while (at < source.length) {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match === null) throw new PolicyManifestError(line, fault(source.slice(at)))
    const { word, sign, quoted } = match.groups ?? {}
    if (match.groups?.['line'] !== undefined) tokens.push({ kind: 'line', text: '', line })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, line })
    else if (sign === '=' || sign === '{' || sign === '}') {
      tokens.push({ kind: sign, text: sign, line })
    } else if (quoted !== undefined) {
      tokens.push({ kind: 'string', text: unquote(quoted, line), line })
    }
    line += match[0].split('\n').length - 1
    at += match[0].length
  }
  tokens.push({ kind: 'end', text: '', line })
  return tokens
}

function unquote(quoted: string, line: number): string {
  const inner = quoted.slice(1, -1)
  if (/[$%]\{/u.test(inner)) {
    throw new PolicyManifestError(line, 'a string may hold no template (${…} or %{…})')
  }
  return inner.replaceAll(/\\(?<what>.)/gu, (_all, what: string) => {
    const meant = escapes[what]
    if (meant === undefined) {
      throw new PolicyManifestError(line, `a string may not hold the escape \\${what}`)
    }
    return meant
  })
}

function fault(rest: string): string {
  if (rest.startsWith('"')) return 'a string has no end in its line'
  if (rest.startsWith('/*')) return 'a comment has no end'
  return `unexpected ${JSON.stringify(String.fromCodePoint(rest.codePointAt(0) ?? 0))}`
}

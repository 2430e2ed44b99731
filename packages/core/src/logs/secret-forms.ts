/** Shorter secrets are not masked: they would turn every log into asterisks and hide nothing. */
const minSecretCharacters = 6

/** Whether a value is long enough to be masked. */
export function isMaskable(secret: string): boolean {
  return Array.from(secret).length >= minSecretCharacters
}

/**
 * Every byte sequence that stands for one of the secrets in a log: the value, the value without
 * surrounding white space, each line of a multi-line value, and all of these as JSON, HCL, Go, shell
 * and URL escaping write them; the values also in base64, at any of its three alignments.
 */
export function secretForms(secrets: Iterable<string>): readonly Uint8Array[] {
  const forms = new Set<string>()
  for (const secret of secrets) {
    const value = secret.toWellFormed()
    for (const whole of new Set([value, value.trim()])) {
      if (!isMaskable(whole)) continue
      for (const form of textForms(whole)) forms.add(form)
      for (const form of base64Forms(whole)) forms.add(form)
    }
    const lines = value.split(/[\r\n]+/u)
    if (lines.length === 1) continue
    for (const untrimmed of lines) {
      const line = untrimmed.trim()
      // A line of dashes or braces is no secret, and masking it would hide much that is none either.
      if (!isMaskable(line) || !/[\p{L}\p{N}]/u.test(line)) continue
      for (const form of textForms(line)) forms.add(form)
    }
  }
  return [...forms].map((form) => Buffer.from(form, 'utf8'))
}

function textForms(text: string): readonly string[] {
  return [text, ...jsonForms(text), ...quotedForms(text), ...urlForms(text)].filter(
    (form) => form.length >= minSecretCharacters,
  )
}

const html = /[<>&\u2028\u2029]/gu
const nonAscii = /[\u007F-\uFFFF]/g

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** As JavaScript writes it, as Go does (HTML-safe, as in Terraform's `jsonencode`), and ASCII only. */
function jsonForms(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1)
  const go = plain.replaceAll(html, unicodeEscape)
  // Go's encoder has no short form for these two.
  const older = go.replaceAll('\\b', '\\u0008').replaceAll('\\f', '\\u000c')
  const ascii = plain.replaceAll(nonAscii, unicodeEscape)
  return [plain, go, older, ascii, plain.replaceAll('/', '\\/')]
}

const goEscapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** Go's `%q`, HCL's quoted template, and what a shell's `set -x` prints. */
function quotedForms(text: string): readonly string[] {
  // oxlint-disable-next-line no-control-regex -- control characters are what is escaped here
  const go = text.replaceAll(/[\u0000-\u001F"\\\u007F]/g, (character) => {
    return goEscapes[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  const goAscii = go.replaceAll(/[\u0080-\u{10FFFF}]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0
    const hex = point.toString(16)
    return point > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
  })
  // oxlint-disable-next-line no-control-regex -- as above
  const hcl = text.replaceAll(/[\u0000-\u001F"\\\u007F]/g, (character) => {
    return '\n\r\t\\"'.includes(character)
      ? (goEscapes[character] ?? character)
      : unicodeEscape(character)
  })
  const template = hcl.replaceAll(/([$%])\{/gu, '$1$1{')
  return [go, goAscii, hcl, template, text.replaceAll("'", String.raw`'\''`)]
}

/** What each of the usual encoders leaves as it is, beside letters and digits. */
const urlSafe = [
  '-_.~', // RFC 3986, Go's QueryEscape
  "-_.~!'()*", // encodeURIComponent
  '-_.~/', // Python's quote
  '-_.~$&+=:@', // Go's PathEscape
  "-_.~!'()*;/?:@&=+$,#", // encodeURI
  "-_.~!$&'()*+,;=", // user info of a URL
  '-_.*', // HTML forms
] as const

function urlForms(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8')
  return urlSafe.flatMap((safe) => {
    let upper = ''
    let lower = ''
    for (const byte of bytes) {
      const character = String.fromCharCode(byte)
      const asIs = byte < 0x80 && (/[A-Za-z0-9]/u.test(character) || safe.includes(character))
      const hex = byte.toString(16).padStart(2, '0')
      upper += asIs ? character : `%${hex.toUpperCase()}`
      lower += asIs ? character : `%${hex}`
    }
    return [upper, lower, upper.replaceAll('%20', '+'), lower.replaceAll('%20', '+')]
  })
}

/** Columns at which `base64` and MIME, and `openssl` and PEM, break lines. */
const wrapColumns = [76, 64] as const

/**
 * The characters that the value alone decides, at each alignment: what stands before or behind it in
 * the encoded text, and the padding, do not matter.
 */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8')
  const standard: string[] = []
  for (const skipped of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(skipped), bytes]).toString('base64')
    const first = Math.ceil((skipped * 8) / 6)
    const last = Math.floor(((skipped + bytes.length) * 8) / 6)
    const decided = encoded.slice(first, last)
    standard.push(decided)
    if (skipped !== 0) continue
    for (const columns of wrapColumns) {
      for (let at = 0; decided.length > columns && at < decided.length; at += columns) {
        const line = decided.slice(at, at + columns)
        if (line.length >= minSecretCharacters) standard.push(line)
      }
    }
  }
  return [...standard, ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}

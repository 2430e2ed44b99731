const escapes: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '"': String.raw`\"`,
  '\\': String.raw`\\`,
}

/** A text as an HCL string on one line, which means that text and nothing else. */
export function hclString(text: string): string {
  const escaped = text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- control characters are what is escaped here
    .replaceAll(/[\u0000-\u001F\u007F\u2028\u2029"\\]/gu, (character) => {
      return escapes[character] ?? unicodeEscape(character)
    })
    // A template must not begin. The doubled form (`$${`) would be ambiguous behind another sign, and
    // the tools take time by the square of how many there are.
    .replaceAll(/[$%](?=\{)/gu, unicodeEscape)
  return `"${escaped}"`
}

function unicodeEscape(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

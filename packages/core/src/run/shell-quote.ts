/** One word for a POSIX shell, whatever the text holds (but NUL, which no argument can hold). */
export function shellQuote(text: string): string {
  if (/^[A-Za-z0-9_./:=@%+-]+$/u.test(text)) return text
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** A file that a shell reads back as exported variables. */
export function secretsFile(secretEnv: Readonly<Record<string, string>>): string {
  return Object.entries(secretEnv)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join('')
}

/** Single quotes: nothing in between means anything to a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

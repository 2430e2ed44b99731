/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, string | number | null>>

/** What a text column holds, or the empty string. */
export function textOf(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : ''
}

export function nullableTextOf(row: Row, column: string): string | null {
  const value = row[column]
  return typeof value === 'string' ? value : null
}

export function flagOf(row: Row, column: string): boolean {
  return row[column] === 1
}

/** A `_json` column. */
export function jsonOf(row: Row, column: string): unknown {
  const value = row[column]
  return typeof value === 'string' ? (JSON.parse(value) as unknown) : null
}

/** A JSON array of ids. */
export function idsOf(row: Row, column: string): readonly string[] {
  const value = jsonOf(row, column)
  return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : []
}

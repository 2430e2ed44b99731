import { parseSync } from 'oxc-parser'

/** One place where a source file names another module, types included. */
export interface ModuleRequest {
  readonly specifier: string
  readonly line: number
  /** Names that are imported; empty for a dynamic import, `export … from` or a side effect. */
  readonly names: readonly string[]
}

/** Imports, re-exports and dynamic imports of a TypeScript source. */
export function moduleRequests(path: string, source: string): readonly ModuleRequest[] {
  const { module, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`Cannot parse ${path}: ${errors[0]?.message}`)
  const lineOf = (offset: number): number => source.slice(0, offset).split('\n').length
  const requests: ModuleRequest[] = module.staticImports.map((entry) => ({
    specifier: entry.moduleRequest.value,
    line: lineOf(entry.start),
    names: entry.entries.flatMap(({ importName }) => importName.name ?? importName.kind),
  }))
  for (const entry of module.staticExports.flatMap((statement) => statement.entries)) {
    if (entry.moduleRequest === null) continue
    requests.push({ specifier: entry.moduleRequest.value, line: lineOf(entry.start), names: [] })
  }
  for (const entry of module.dynamicImports) {
    const text = source.slice(entry.moduleRequest.start, entry.moduleRequest.end)
    const literal = /^(['"`])(.*)\1$/s.exec(text)?.[2]
    if (literal !== undefined) {
      requests.push({ specifier: literal, line: lineOf(entry.start), names: [] })
    }
  }
  return requests
}

import type { OpenApiDocument, Schema } from './open-api-document.ts'
import { operationsOf } from './render-operations.ts'
import { key, literal, renderType, typeName, type Direction } from './render-type.ts'

const head = '// Made by `pnpm client:types` from the OpenAPI document of Scalr. Do not edit.\n\n'

/** The sources that are made of a document, by file name. Names, types and enums; none of its prose. */
export function renderClientTypes(document: OpenApiDocument): Readonly<Record<string, string>> {
  const operations = operationsOf(document)
  const types = operations.map(({ type }) => type)
  return {
    'schemas.ts': head + schemasFile(document, types),
    'operations.ts': head + operationsFile(operations),
    'operation-traits.ts': head + traitsFile(operations),
  }
}

function schemasFile(document: OpenApiDocument, operationTypes: readonly string[]): string {
  const { schemas } = document.components
  const sources = new Map<string, string>()
  const waiting: { readonly component: string; readonly direction: Direction }[] = []
  const names = new Map<string, { readonly component: string; readonly direction: Direction }>()
  for (const component of Object.keys(schemas)) {
    for (const direction of ['answer', 'body'] as const) {
      names.set(typeName(component, direction), { component, direction })
    }
  }
  for (const name of wordsOf(operationTypes.join(' '), names)) waiting.push(names.get(name)!)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const name = typeName(next.component, next.direction)
    const schema = schemas[next.component]
    if (schema === undefined || sources.has(name)) continue
    const source = declaration(name, schema, next.direction)
    sources.set(name, source)
    for (const word of wordsOf(source, names)) waiting.push(names.get(word)!)
  }
  const sorted = [...sources].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source)
  return `import type { Open } from '../kind.ts'\n\n${sorted.join('\n')}`
}

/** Which of these names a source mentions. */
function wordsOf(source: string, names: ReadonlyMap<string, unknown>): readonly string[] {
  // Not what stands in quotes.
  const words = source.replaceAll(/'(?:[^'\\]|\\.)*'/gu, '').match(/\b[A-Z]\w*\b/gu) ?? []
  return [...new Set(words)].filter((word) => names.has(word))
}

function declaration(name: string, schema: Schema, direction: Direction): string {
  const type = renderType(schema, direction)
  return type.startsWith('{')
    ? `export interface ${name} ${type}\n`
    : `export type ${name} = ${type}\n`
}

function operationsFile(operations: ReturnType<typeof operationsOf>): string {
  const body = operations.map(({ name, type }) => `readonly ${key(name)}: ${type}`).join('\n')
  const mentioned = new Set(
    operations.flatMap(({ type }) =>
      [...type.replaceAll(/'(?:[^'\\]|\\.)*'/gu, '').matchAll(/\b[A-Z]\w*\b/gu)].map(
        ([word]) => word,
      ),
    ),
  )
  const own = ['Readable', 'Readonly', 'Record', 'PatchBody', 'Open']
  const imported = [...mentioned].filter((word) => !own.includes(word)).toSorted()
  return [
    "import type { Readable } from 'node:stream'\n",
    "import type { PatchBody } from '../request-types.ts'",
    `import type { ${imported.join(', ')} } from './schemas.ts'\n`,
    '/** Every operation of the public API: what it takes, and what it answers. */',
    `export interface Operations { ${body} }\n`,
  ].join('\n')
}

function traitsFile(operations: ReturnType<typeof operationsOf>): string {
  const lines = operations
    .filter(({ traits }) => traits.length > 0)
    .map(({ name, traits }) => `${literal(name)}: { ${traits.join(', ')} },`)
  return [
    "import type { OperationTraits } from '../request-types.ts'",
    "import type { Operations } from './operations.ts'\n",
    '/** Where an operation takes something else than a JSON:API document, or answers with a file. */',
    'export const operationTraits: Readonly<Partial<Record<keyof Operations, OperationTraits>>> = {',
    ...lines,
    '}\n',
  ].join('\n')
}

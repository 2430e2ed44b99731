import type { Schema } from './open-api-document.ts'

/** What the API answers, or what it is sent: attributes that only the server sets are left out of the latter. */
export type Direction = 'answer' | 'body'

/** The name of a component's type. */
export function typeName(component: string, direction: Direction): string {
  return direction === 'answer' ? component : `${component}Body`
}

/** A schema as a TypeScript type, on one line; the formatter breaks it. */
export function renderType(schema: Schema, direction: Direction): string {
  const type = withoutNull(schema, direction)
  return schema.nullable === true && type !== 'unknown' ? `${type} | null` : type
}

function withoutNull(schema: Schema, direction: Direction): string {
  if (schema.$ref !== undefined) return typeName(componentOf(schema.$ref), direction)
  if (schema.anyOf !== undefined) {
    return renderAnyOf(schema.anyOf, direction)
  }
  if (schema.enum !== undefined) return renderEnum(schema.enum, schema.type, direction)
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return schema.type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return `readonly ${parenthesised(renderType(schema.items ?? {}, direction))}[]`
    case 'object':
      return renderObject(schema, direction)
    case undefined:
      return schema.properties === undefined ? 'unknown' : renderObject(schema, direction)
  }
}

function renderAnyOf(schemas: readonly Schema[], direction: Direction): string {
  const types = [...new Set(schemas.map((each) => renderType(each, direction)))]
  // Named values, or any text: the names are kept for the sake of completion.
  const [reference] = schemas.flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref]))
  return types.length === 2 && types.includes('string') && reference !== undefined
    ? `Open<${typeName(componentOf(reference), direction)}>`
    : types.join(' | ')
}

/** The name in a `$ref`. */
function componentOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}

/** Servers grow new values: an answer may hold one that nobody here knows. */
function renderEnum(
  values: NonNullable<Schema['enum']>,
  type: Schema['type'],
  direction: Direction,
): string {
  const literals = values.map((value) => (value === null ? 'null' : literal(value))).join(' | ')
  return direction === 'answer' && type === 'string' && values.length > 1
    ? `Open<${literals}>`
    : literals
}

function renderObject(schema: Schema, direction: Direction): string {
  const { properties, additionalProperties: more } = schema
  if (properties === undefined) {
    const value = typeof more === 'object' ? renderType(more, direction) : 'unknown'
    return `Readonly<Record<string, ${value}>>`
  }
  const lines = Object.entries(properties)
    .filter(([, property]) => direction === 'answer' || property.readOnly !== true)
    .map(([name, property]) => {
      const optional = schema.required?.includes(name) === true ? '' : '?'
      return `readonly ${key(name)}${optional}: ${renderType(property, direction)}`
    })
  return lines.length === 0 ? 'Readonly<Record<string, never>>' : `{ ${lines.join('; ')} }`
}

/** A property name, quoted where it has to be. */
export function key(name: string): string {
  return /^[A-Za-z_]\w*$/u.test(name) ? name : literal(name)
}

/** A value as source. */
export function literal(value: string | number | boolean): string {
  return typeof value === 'string'
    ? `'${value.replaceAll(/[\\']/gu, String.raw`\$&`)}'`
    : String(value)
}

function parenthesised(type: string): string {
  return /[|{ ]/u.test(type) && !/^\w+<.*>$/u.test(type) ? `(${type})` : type
}

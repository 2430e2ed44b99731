import type { ErrorObject } from 'ajv'

import type { SchemaNode } from './contract-document.ts'
import type { ContractExtensions } from './our-extensions.ts'

/** A nullable enum that does not list `null`, as Scalr writes them, and values of our own. */
export function isExcused(
  error: ErrorObject,
  value: unknown,
  extensions: ContractExtensions,
): boolean {
  const attribute = error.instancePath.split('/').at(-1) ?? ''
  if (error.keyword === 'enum') {
    const isNullable = (error.parentSchema as SchemaNode | undefined)?.nullable === true
    if (isNullable && valueAt(value, error.instancePath) === null) return true
  }
  if (error.keyword === 'type' && valueAt(value, error.instancePath) === null) {
    return isNullOfOurs(error.instancePath, value, extensions)
  }
  if (error.keyword === 'enum') {
    const ours: readonly unknown[] = extensions.enumValues.get(attribute) ?? []
    return ours.includes(valueAt(value, error.instancePath))
  }
  return false
}

/** Where a resource begins, in a document or by itself, and what its place is called from there. */
function isNullOfOurs(pointer: string, value: unknown, { nulls }: ContractExtensions): boolean {
  const resource = /^(?:\/data(?:\/\d+)?)?(?=\/(?:attributes|relationships)\/)/u.exec(pointer)?.[0]
  if (resource === undefined) return false
  const type = String(valueAt(value, `${resource}/type`))
  return nulls.includes(`${type}${pointer.slice(resource.length)}`)
}

/** What a JSON pointer leads to. */
export function valueAt(value: unknown, pointer: string): unknown {
  let current = value
  for (const part of pointer.split('/').slice(1)) {
    if (typeof current !== 'object' || current === null) return undefined
    current = Reflect.get(current, part)
  }
  return current
}

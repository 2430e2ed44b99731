import {
  didYouMean,
  filterParameter,
  invalidParameter,
  splitList,
  type Resource,
} from '../json-api/index.ts'

import type { Operation } from './operation.ts'

/**
 * Refuses a query that the operation would pass over, wholly or in part: a parameter that nobody knows, one
 * that is given twice, a relation or field that does not exist.
 * @throws {@link PublicApiError} 400, which names the parameter
 */
export function checkQuery(
  url: string,
  operation: Operation,
  resources: ReadonlyMap<string, Resource>,
): void {
  const start = url.indexOf('?')
  if (start === -1) return
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    // Some clients explode lists: `include=a&include=b`.
    if (seen.has(name) && name !== 'include' && name !== 'sort') {
      throw invalidParameter(
        shown(name),
        'It is given more than once; which one counts is unclear.',
      )
    }
    seen.add(name)
    checkParameter(name, value, operation, resources)
  }
}

function checkParameter(
  name: string,
  value: string,
  operation: Operation,
  resources: ReadonlyMap<string, Resource>,
): void {
  const { answer, query = {} } = operation
  const own = Object.hasOwn(query, name) ? query[name] : undefined
  if (own !== undefined) {
    const parsed = own.safeParse(value)
    if (!parsed.success) throw invalidParameter(name, parsed.error.issues[0]?.message ?? '')
    return
  }
  // scalr-cli sends them with all that it asks, writes too.
  if (name === 'page[number]' || name === 'page[size]') return
  // The reader says which filters and sorts a resource has.
  if (answer.kind === 'list' && (name === 'query' || name === 'sort' || isFilter(name))) return
  if (answer.kind === 'list' && Object.hasOwn(answer.resource.switches ?? {}, name)) {
    if (value === 'true' || value === 'false') return
    throw invalidParameter(name, "Use 'true' or 'false'.")
  }
  if (answer.kind === 'list' || answer.kind === 'resource') {
    if (name === 'include') return checkInclude(value, answer.resource)
    const type = /^fields\[([^[\]]+)\]$/u.exec(name)?.[1]
    if (type !== undefined) return checkFields(name, value, answer.resource, resources.get(type))
  }
  // Empty anyway.
  if (answer.kind === 'empty-list' && (name === 'include' || name === 'sort')) return
  throw invalidParameter(
    shown(name),
    `There is no such parameter here.${didYouMean(name, candidates(operation))} Known are: ${known(operation)}.`,
  )
}

function isFilter(name: string): boolean {
  return /^filter(?:\[[^[\]]+\])+$/u.test(name)
}

function checkInclude(value: string, resource: Resource): void {
  for (const relation of splitList(value)) {
    if (Object.hasOwn(resource.relations, relation)) continue
    const relations = Object.keys(resource.relations).toSorted().join(', ')
    throw invalidParameter(
      'include',
      `${resource.type} have no relation '${shown(relation)}'.${didYouMean(relation, Object.keys(resource.relations))} ` +
        `They have: ${relations || 'none'}.`,
    )
  }
}

/** Fields of what is read, or of what is related to it; of a type that is not served, any. */
function checkFields(
  name: string,
  value: string,
  resource: Resource,
  target: Resource | undefined,
): void {
  const type = name.slice('fields['.length, -1)
  const related = Object.values(resource.relations).some((relation) => relation.type === type)
  if (type !== resource.type && !related) {
    throw invalidParameter(shown(name), `${resource.type} are not related to any '${shown(type)}'.`)
  }
  if (target === undefined) return
  for (const field of splitList(value)) {
    if (Object.hasOwn(target.attributes, field) || Object.hasOwn(target.relations, field)) continue
    const fields = [...Object.keys(target.attributes), ...Object.keys(target.relations)]
    throw invalidParameter(
      shown(name),
      `${type} have no field '${shown(field)}'.${didYouMean(field, fields)}`,
    )
  }
}

/** Names that somebody may have meant. */
function candidates({ answer, query = {} }: Operation): readonly string[] {
  const names = Object.keys(query)
  if (answer.kind === 'list') {
    const { filters, switches = {} } = answer.resource
    names.push(...Object.keys(filters).map(filterParameter), ...Object.keys(switches))
    names.push('query', 'sort', 'page[number]', 'page[size]')
  }
  if (answer.kind === 'list' || answer.kind === 'resource') {
    names.push('include', `fields[${answer.resource.type}]`)
  }
  return names
}

/** What an operation takes, for people. */
function known({ answer, query = {} }: Operation): string {
  const names = Object.keys(query)
  if (answer.kind === 'list') {
    names.push('filter[…]', 'query', 'sort', 'page[number]', 'page[size]', 'include', 'fields[…]')
  }
  if (answer.kind === 'empty-list') names.push('page[number]', 'page[size]')
  if (answer.kind === 'resource') names.push('include', 'fields[…]')
  return names.length === 0 ? 'none' : names.join(', ')
}

/** Names come from requests, and go into answers. */
function shown(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name
}

import { z, type ZodType } from 'zod'

import { invalidRelationship, PublicApiError } from './public-api-error.ts'

const identifierSchema = z.object({ type: z.string().optional(), id: z.string().min(1) })

/** What relations name: one word means the same in every body. */
const typeOfRelation: Readonly<Record<string, string>> = {
  account: 'accounts',
  'agent-pool': 'agent-pools',
  'configuration-version': 'configuration-versions',
  'default-workspace-agent-pool': 'agent-pools',
  environment: 'environments',
  environments: 'environments',
  hook: 'hooks',
  owner: 'users',
  run: 'runs',
  tags: 'tags',
  'vcs-provider': 'vcs-providers',
  workspace: 'workspaces',
  workspaces: 'workspaces',
}

const documentSchema = z.object({
  data: z.object({
    type: z.string().optional(),
    attributes: z.record(z.string(), z.unknown()).nullish(),
    // An unset relationship comes as `{data: null}` or as a bare `null`.
    relationships: z.record(z.string(), z.object({ data: z.unknown() }).nullable()).nullish(),
  }),
})

/** The body of a POST or PATCH, taken apart. Unknown attributes and relationships are passed over. */
export class WriteBody<Attributes> {
  readonly attributes: Attributes
  readonly #relationships: Readonly<Record<string, { data?: unknown } | null>>

  constructor(
    attributes: Attributes,
    relationships: Readonly<Record<string, { data?: unknown } | null>>,
  ) {
    this.attributes = attributes
    this.#relationships = relationships
  }

  /** `undefined`: not in the body, so nothing changes. `null`: cleared. */
  one(relation: string): string | null | undefined {
    if (!Object.hasOwn(this.#relationships, relation)) return undefined
    const data = this.#relationships[relation]?.data
    if (data === undefined || data === null) return null
    const parsed = identifierSchema.safeParse(data)
    if (!parsed.success) throw invalidRelationship(relation, 'Expected a resource identifier.')
    checkType(relation, parsed.data.type)
    return parsed.data.id
  }

  /** `undefined`: not in the body. */
  many(relation: string): readonly string[] | undefined {
    if (!Object.hasOwn(this.#relationships, relation)) return undefined
    const data = this.#relationships[relation]?.data
    if (data === undefined || data === null) return []
    const parsed = z.array(identifierSchema).safeParse(data)
    if (!parsed.success) {
      throw invalidRelationship(relation, 'Expected a list of resource identifiers.')
    }
    for (const { type } of parsed.data) checkType(relation, type)
    return [...new Set(parsed.data.map(({ id }) => id))]
  }
}

function checkType(relation: string, type: string | undefined): void {
  const expected = Object.hasOwn(typeOfRelation, relation) ? typeOfRelation[relation] : undefined
  if (type === undefined || expected === undefined || type === expected) return
  throw invalidRelationship(relation, `Expected a resource of type '${expected}'.`)
}

/** @throws {@link PublicApiError} 422 with a pointer for each issue */
export function parseWriteBody<Attributes>(
  body: unknown,
  type: string,
  attributes: ZodType<Attributes>,
): WriteBody<Attributes> {
  const document = documentSchema.safeParse(body)
  if (!document.success) {
    throw new PublicApiError(422, {
      title: 'Malformed Request',
      detail: 'The body must be a JSON:API document: {"data": {"type": …, "attributes": {…}}}.',
      pointer: `/${document.error.issues[0]?.path.map(String).join('/') ?? ''}`,
    })
  }
  const { data } = document.data
  if (data.type !== undefined && data.type !== type) {
    throw new PublicApiError(422, {
      title: 'Malformed Request',
      detail: `Expected a resource of type '${type}'.`,
      pointer: '/data/type',
    })
  }
  const parsed = attributes.safeParse(withDashes(data.attributes ?? {}))
  if (!parsed.success) {
    throw new PublicApiError(
      422,
      ...parsed.error.issues.map((issue) => ({
        title: 'Invalid Attribute',
        detail: issue.message,
        pointer: `/data/attributes/${issue.path.map(String).join('/')}`,
      })),
    )
  }
  return new WriteBody(parsed.data, data.relationships ?? {})
}

/** Scalr takes names with underscores too: go-scalr changes `var_files` of workspaces. */
function withDashes(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const dashed = Object.entries(attributes).map(
    ([name, value]) => [name.replaceAll('_', '-'), value] as const,
  )
  return { ...Object.fromEntries(dashed), ...attributes }
}

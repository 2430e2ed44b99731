/** One entry of an error body. */
export interface ErrorEntry {
  readonly title: string
  readonly detail?: string
  readonly pointer?: string
  readonly parameter?: string
}

/** An answer of the public API that is an error. The texts are Scalr's own. */
export class PublicApiError extends Error {
  override readonly name = 'PublicApiError'
  readonly status: number
  readonly entries: readonly ErrorEntry[]

  constructor(status: number, ...entries: readonly ErrorEntry[]) {
    super(entries.map((entry) => entry.detail ?? entry.title).join('; '))
    this.status = status
    this.entries = entries
  }
}

const unauthorizedSuffix = 'not found or user unauthorized.'

/** 404, also for what exists but is not the caller's. */
export function notFound(model: string, id: string): PublicApiError {
  return new PublicApiError(404, { title: `${model} with ID '${id}' ${unauthorizedSuffix}` })
}

/** 422 for an attribute, e.g. `name` or `allowed-ips/0`. */
export function invalidAttribute(attribute: string, detail: string): PublicApiError {
  return new PublicApiError(422, {
    title: 'Invalid Attribute',
    detail,
    pointer: `/data/attributes/${attribute}`,
  })
}

/** 422 for a relationship that is missing or of the wrong form. */
export function invalidRelationship(relation: string, detail: string): PublicApiError {
  return new PublicApiError(422, {
    title: 'Invalid Relationship',
    detail,
    pointer: `/data/relationships/${relation}`,
  })
}

/** 404 for a to-one relationship that points to nothing. */
export function relationNotFound(relation: string, model: string, id: string): PublicApiError {
  return new PublicApiError(404, {
    title: 'Invalid Relationship',
    detail: `${model} with ID '${id}' ${unauthorizedSuffix}`,
    pointer: `/data/relationships/${relation}`,
  })
}

/** The same for one of a to-many relationship. */
export function relationsNotFound(relation: string, id: string): PublicApiError {
  return new PublicApiError(404, {
    title: 'Invalid Relationship',
    detail: `Relationship '${relation}' with ID '${id}' ${unauthorizedSuffix}`,
    pointer: `/data/relationships/${relation}`,
  })
}

export function conflict(detail: string): PublicApiError {
  return new PublicApiError(409, { title: 'Conflict', detail })
}

/** 400 for a query parameter. */
export function invalidParameter(parameter: string, detail: string): PublicApiError {
  return new PublicApiError(400, { title: 'Invalid Query Parameter', detail, parameter })
}

/** Methods that can pass at all. */
export type RelayMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What an endpoint is for: `read` is always on, the others are asked for one by one. */
export type EndpointGroup = 'read' | WriteGroup
export const writeGroups = ['statuses', 'checks', 'comments', 'hooks'] as const
/** A group of endpoints that change something, or show what a webhook is set up with. */
export type WriteGroup = (typeof writeGroups)[number]

/**
 * Whose data an answer holds: one project's; projects of one group; projects of everybody; or the account's
 * and the server's own.
 */
export type EndpointScope = 'project' | 'group' | 'listing' | 'account'

/** One thing that can be asked of a VCS. */
export interface Endpoint {
  /** Name of the rule, in policies, logs and explanations. */
  readonly id: string
  /** `GET` stands for `HEAD`, too. */
  readonly method: RelayMethod
  /** Below the base path of the server; `{slots}` as `slot-types.ts` has them. */
  readonly template: string
  /** Parameters that may stand in the query. */
  readonly query: readonly string[]
  readonly group: EndpointGroup
  readonly scope: EndpointScope
  readonly traffic: 'rest' | 'git'
  /** Its answer may send to an archive elsewhere, e.g. to codeload. */
  readonly archive: boolean
  /** The query must be exactly this. */
  readonly exactQuery?: string | undefined
  /** Media type that a body must have. */
  readonly bodyType?: string | undefined
}

export interface EndpointOptions {
  readonly query?: readonly string[]
  readonly group?: EndpointGroup
  readonly scope?: EndpointScope
  readonly archive?: boolean
}

/** `endpoint('github.user.get', 'GET /api/v3/user', …)`. */
export function endpoint(id: string, line: string, options: EndpointOptions = {}): Endpoint {
  const [method, template] = line.split(' ')
  if (!isMethod(method) || template === undefined) throw new TypeError(`no endpoint: ${line}`)
  return {
    id,
    method,
    template,
    query: options.query ?? [],
    group: options.group ?? 'read',
    scope: options.scope ?? 'project',
    traffic: 'rest',
    archive: options.archive ?? false,
    // Forms can hold a method of their own (`_method`), which some servers follow.
    ...(method === 'GET' ? {} : { bodyType: 'application/json' }),
  }
}

/** The two requests that a clone or fetch is made of, for repositories at that template. */
export function gitEndpoints(kind: string, repository: string): readonly Endpoint[] {
  const common = {
    query: [],
    group: 'read',
    scope: 'project',
    traffic: 'git',
    archive: false,
  } as const
  return [
    {
      ...common,
      id: `${kind}.git.refs`,
      method: 'GET',
      template: `${repository}/info/refs`,
      exactQuery: 'service=git-upload-pack',
    },
    {
      ...common,
      id: `${kind}.git.upload-pack`,
      method: 'POST',
      template: `${repository}/git-upload-pack`,
      bodyType: 'application/x-git-upload-pack-request',
    },
  ]
}

function isMethod(text: string | undefined): text is RelayMethod {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(text ?? '')
}

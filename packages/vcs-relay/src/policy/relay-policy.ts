import { ConfigurationError } from '@scalr-agent/core'

import { checkAccess } from './check-access.ts'
import { checkQuery } from './check-query.ts'
import { parseTarget, type CanonicalTarget } from './canonical-target.ts'
import { EndpointTemplate, type SlotValues } from './endpoint-template.ts'
import type { Endpoint } from './endpoint.ts'
import { knownRefusal } from './known-refusal.ts'
import type { Denial, Permission, PolicyDecision } from './policy-decision.ts'
import {
  policyOptionsSchema,
  type PolicyOptions,
  type ResolvedPolicyOptions,
} from './policy-options.ts'
import { ProjectGlobs } from './project-globs.ts'
import type { Refusal } from './refusal.ts'
import { withoutGit } from './slot-types.ts'
import { endpointTables, type VcsKind } from './tables/index.ts'

export interface RelayPolicyOptions {
  readonly kind: VcsKind
  /** Path of the server's URL, e.g. `/gitlab`. @default '' */
  readonly basePath?: string | undefined
  readonly policy?: PolicyOptions | undefined
}

interface Rule {
  readonly endpoint: Endpoint
  readonly template: EndpointTemplate
}

/**
 * Decides over requests: reads the target once, matches it with the endpoints of that kind of server, and
 * denies what none of them is. What was matched is what is sent (I11).
 */
export class RelayPolicy {
  readonly kind: VcsKind
  readonly options: ResolvedPolicyOptions
  readonly projects: ProjectGlobs
  readonly #base: readonly string[]
  readonly #rules: readonly Rule[]
  readonly #archives: readonly Rule[]

  /** @throws {@link ConfigurationError} `INVALID_OPTIONS` */
  constructor(options: RelayPolicyOptions) {
    const parsed = policyOptionsSchema.safeParse(options.policy ?? {})
    if (!parsed.success) throw ConfigurationError.fromZod('the relay policy', parsed.error)
    this.kind = options.kind
    this.options = parsed.data
    this.projects = new ProjectGlobs(parsed.data.allowedProjects)
    this.#base = (options.basePath ?? '').split('/').filter((piece) => piece !== '')
    const table = endpointTables[options.kind]
    this.#rules = table.endpoints.map(toRule)
    this.#archives = table.archives.map(toRule)
    checkRules(parsed.data.rules, table.endpoints, options.kind)
  }

  decide(method: string, rawTarget: string): PolicyDecision {
    const parsed = parseTarget(rawTarget)
    if ('refusal' in parsed) return deny(parsed.refusal)
    const { target } = parsed
    if (!this.#isBelowBase(target)) return deny(this.#outside)
    const found = this.#find(method, target)
    if ('step' in found) return deny(found)
    const permission = permit(found.endpoint, target, found.slots)
    const refusal =
      checkQuery(permission) ?? checkAccess(permission, found.slots, this.options, this.projects)
    return refusal === undefined ? permission : deny({ ...refusal, rule: permission.endpoint.id })
  }

  /**
   * Decides over the place where the answer of an archive sends to. It must be an archive of the same
   * project, below the server or at the root of an extra origin.
   */
  decideArchive(
    rawTarget: string,
    options: { readonly project: string | undefined; readonly atExtraOrigin: boolean },
  ): PolicyDecision {
    const parsed = parseTarget(rawTarget)
    if ('refusal' in parsed) return deny(parsed.refusal)
    const { target } = parsed
    if (!options.atExtraOrigin && !this.#isBelowBase(target)) return deny(this.#outside)
    const from = options.atExtraOrigin ? 0 : this.#base.length
    for (const { endpoint, template } of this.#archives) {
      const match = template.match(target, from)
      if (match.kind !== 'match') continue
      const permission = permit(endpoint, target, match.slots)
      const query = checkQuery(permission)
      if (query !== undefined) return deny({ ...query, rule: endpoint.id })
      if (!sameProject(permission.project, options.project)) {
        return deny({
          step: 'allowed-projects',
          reason: 'the archive is of another project',
          rule: endpoint.id,
        })
      }
      return permission
    }
    return deny({ step: 'endpoint', reason: 'no archive is known at that path' })
  }

  /** `/gitlab`, or `/` for a server at the root. */
  get basePath(): string {
    return `/${this.#base.join('/')}`
  }

  get #outside(): Refusal {
    const reason = `the target is not below ${this.basePath}, where the server is`
    return { step: 'base-path', reason }
  }

  #isBelowBase(target: CanonicalTarget): boolean {
    return this.#base.every((piece, index) => target.segments[index]?.raw === piece)
  }

  #find(
    method: string,
    target: CanonicalTarget,
  ): { readonly endpoint: Endpoint; readonly slots: SlotValues } | Refusal {
    const asked = method === 'HEAD' ? 'GET' : method
    let misfit: Refusal | undefined
    let others: string[] = []
    for (const { endpoint, template } of this.#rules) {
      const match = template.match(target, this.#base.length)
      if (match.kind === 'other') continue
      if (match.kind === 'misfit') {
        misfit ??= { step: match.step, reason: match.reason, rule: endpoint.id }
      } else if (endpoint.method === asked) {
        return { endpoint, slots: match.slots }
      } else others = [...others, endpoint.method]
    }
    const known = knownRefusal(asked, target)
    if (known !== undefined) return known
    if (others.length > 0) {
      return {
        step: 'method',
        reason: `no rule has this method for that path; it has ${[...new Set(others)].join(', ')}`,
      }
    }
    return (
      misfit ?? {
        step: 'endpoint',
        reason: `no rule of ${this.kind} has that path, and what no rule has is refused`,
      }
    )
  }
}

function toRule(endpoint: Endpoint): Rule {
  return { endpoint, template: new EndpointTemplate(endpoint.template) }
}

function permit(endpoint: Endpoint, target: CanonicalTarget, slots: SlotValues): Permission {
  const repo = slots.repo ?? slots['repo.git']
  const path = slots.project ?? slots['project.git**']
  const named = repo === undefined ? path : `${slots.owner}/${repo}`
  return {
    allowed: true,
    endpoint,
    target,
    project: named === undefined || endpoint.traffic === 'rest' ? named : withoutGit(named),
    owner: slots.owner ?? slots.group,
  }
}

function deny(refusal: Refusal): Denial {
  return { allowed: false, ...refusal }
}

function sameProject(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one.toLowerCase() === other.toLowerCase()
}

function checkRules(
  rules: readonly string[] | undefined,
  endpoints: readonly Endpoint[],
  kind: VcsKind,
): void {
  const known = new Set(endpoints.map(({ id }) => id))
  const unknown = rules?.filter((rule) => !known.has(rule)) ?? []
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `Cannot use the relay policy: ${kind} has no rules ${unknown.join(', ')}. Its rules are ${[...known].join(', ')}.`,
    )
  }
}

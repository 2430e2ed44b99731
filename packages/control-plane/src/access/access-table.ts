import { protocolPath, type TokenKind } from '@scalr-agent/core/protocol'

/** Whose token a route takes. `vcs-session` is the session of a VCS agent. */
export type Caller = TokenKind | 'vcs-session' | 'anyone'

/** Routes of one kind: they refuse what they do not take in one way. */
export interface Room {
  /** Status for a good token that the route does not take. */
  readonly refusal: 403 | 404
  /** Path as it is registered → method → who may call it. */
  readonly routes: Readonly<Record<string, Readonly<Record<string, readonly Caller[]>>>>
}

/** Whoever holds the link, or is only asking whether somebody is here. */
const open: readonly Caller[] = ['anyone']
/** What makes people, programs and their tokens, so that a program cannot prolong its own access. */
const people: readonly Caller[] = ['user']
const members: readonly Caller[] = ['user', 'service-account']
/** A run sees its own workspace and states of it, and the modules of its account. */
const readers: readonly Caller[] = [...members, 'run']
const pool: readonly Caller[] = ['pool']
const session: readonly Caller[] = ['session', 'vcs-session']
const job: readonly Caller[] = ['job']

const publicApi: Room = {
  refusal: 404,
  routes: below('/api/iacp/v3', {
    '/ping': { GET: open },
    '/openapi-public.yml': { GET: open },
    '/accounts': { GET: members },
    '/accounts/:id': { GET: members, PATCH: people },
    '/users': { GET: members },
    '/users/:id': { GET: members },
    '/service-accounts': { GET: members, POST: people },
    '/service-accounts/:id': { GET: members, PATCH: people, DELETE: people },
    '/service-accounts/:id/access-tokens': { GET: people, POST: people },
    // A program sees tokens of pools and its own ones.
    '/access-tokens': { GET: members, POST: people },
    '/access-tokens/:id': { GET: members, PATCH: members, DELETE: members },
    '/agent-pools': { GET: members, POST: members },
    '/agent-pools/:id': { GET: members, PATCH: members, DELETE: members },
    '/agent-pools/:id/access-tokens': { GET: members, POST: members },
    '/agents': { GET: members },
    '/agents/:id': { GET: members, DELETE: members },
    '/tags': { GET: members, POST: members },
    '/tags/:id': { GET: members, PATCH: members, DELETE: members },
    '/environments': { GET: members, POST: members },
    '/environments/:id': { GET: members, PATCH: members, DELETE: members },
    '/environments/:id/actions/lock': { POST: members },
    '/environments/:id/actions/unlock': { POST: members },
    '/environments/:id/relationships/tags': relationship(),
    '/environments/:id/relationships/federated-environments': relationship(),
    '/workspaces': { GET: readers, POST: members },
    '/workspaces/:id': { GET: readers, PATCH: members, DELETE: members },
    '/workspaces/:id/actions/lock': { POST: members },
    '/workspaces/:id/actions/unlock': { POST: members },
    '/workspaces/:id/actions/unlock-state': { POST: members },
    '/workspaces/:id/actions/resync': { POST: members },
    '/workspaces/:id/relationships/tags': relationship(),
    '/workspaces/:id/relationships/remote-state-consumers': relationship(),
    '/workspaces/:id/provider-configuration-links': { GET: members },
    '/workspaces/:id/current-state-version': { GET: readers },
    '/workspaces/:id/outputs': { GET: readers },
    '/state-versions': { GET: readers, POST: members },
    '/state-versions/:id': { GET: readers },
    '/state-versions/:id/download': { GET: readers },
    '/vars': { GET: members, POST: members },
    '/vars/:id': { GET: members, PATCH: members, DELETE: members },
    '/hooks': { GET: members, POST: members },
    '/hooks/:id': { GET: members, PATCH: members, DELETE: members },
    '/hooks/:id/actions/resync': { POST: members },
    '/hooks/:id/upload': { PUT: members },
    '/hook-environment-links': { GET: members, POST: members },
    '/hook-environment-links/:id': { GET: members, PATCH: members, DELETE: members },
    '/configuration-versions': { GET: members, POST: members },
    '/configuration-versions/:id': { GET: members },
    '/configuration-versions/:id/upload': { PUT: members },
    '/configuration-versions/:id/download': { GET: members },
    '/vcs-revisions/:id': { GET: members },
    '/runs': { GET: members, POST: members },
    '/runs-queue': { GET: members },
    '/runs/:id': { GET: members },
    '/runs/:id/actions/apply': { POST: members },
    '/runs/:id/actions/cancel': { POST: members },
    '/runs/:id/actions/discard': { POST: members },
    '/runs/:id/policy-checks': { GET: members },
    '/runs/:id/policy-input': { GET: members },
    '/plans/:id': { GET: members },
    '/plans/:id/output': { GET: members },
    '/plans/:id/json-output': { GET: members },
    '/plans/:id/errored-state': { GET: members },
    '/applies/:id': { GET: members },
    '/applies/:id/output': { GET: members },
    '/applies/:id/errored-state': { GET: members },
    '/policy-groups': { GET: members, POST: members },
    '/policy-groups/:id': { GET: members, PATCH: members, DELETE: members },
    '/policy-groups/:id/actions/resync': { POST: members },
    '/policy-groups/:id/relationships/environments': { POST: members, PATCH: members },
    '/policy-groups/:id/relationships/environments/:environment': { DELETE: members },
    '/policy-groups/:id/upload': { PUT: members },
    '/policies/:id': { GET: members },
    '/policy-checks/:id': { GET: members },
    '/policy-checks/:id/output': { GET: members },
    '/policy-checks/:id/actions/override': { POST: members },
    '/vcs-providers': { GET: members, POST: members },
    '/vcs-providers/:id': { GET: members, PATCH: members, DELETE: members },
    '/modules': { GET: readers, POST: members },
    '/modules/:id': { GET: readers, DELETE: members },
    '/modules/:id/actions/resync': { POST: members },
    '/module-versions': { GET: readers },
    '/module-versions/:id': { GET: readers },
    '/module-versions/:id/download': { GET: readers },
  }),
}

const agentApi: Room = {
  refusal: 403,
  routes: below(protocolPath, {
    '/openapi.json': { GET: open },
    '/sessions': { POST: pool },
    '/sessions/self': { DELETE: session },
    '/sessions/self/heartbeat': { POST: session },
    '/sessions/self/jobs': { GET: session },
    '/sessions/self/signals': { GET: session },
    '/jobs/:jobId/start': { POST: session },
    '/jobs/:jobId/token': { POST: job },
    '/jobs/:jobId/log': { HEAD: job, PATCH: job },
    '/jobs/:jobId/files/:name': { GET: job, PUT: job },
    '/jobs/:jobId/finish': { POST: job },
    '/relay/*': { ALL: ['vcs-session'] },
    '/state/:workspaceId': { GET: readers, POST: readers, LOCK: readers, UNLOCK: readers },
  }),
}

const registry: Room = {
  refusal: 404,
  routes: below('/api/registry/v1', {
    '/modules/:namespace/:name/:provider/versions': { GET: readers },
    '/modules/:namespace/:name/:provider/:version/download': { GET: readers },
    // The proof in the link is its own pass, for a quarter of an hour.
    '/archives/:id/:proof/module.tar.gz': { GET: open },
  }),
}

/** Terraform's `remote` backend. A run locks, reads and writes its own state; what a run does, people start. */
const tfe: Room = {
  refusal: 404,
  routes: below('/api/tfe/v2', {
    '/ping': { GET: readers },
    '/account/details': { GET: members },
    '/organizations/:organization/entitlement-set': { GET: readers },
    '/organizations/:organization/workspaces': { GET: readers, POST: members },
    '/organizations/:organization/workspaces/:name': { GET: readers, DELETE: members },
    '/workspaces/:id': { GET: readers, DELETE: members },
    '/workspaces/:id/actions/lock': { POST: readers },
    '/workspaces/:id/actions/unlock': { POST: readers },
    '/workspaces/:id/actions/force-unlock': { POST: members },
    '/workspaces/:id/current-state-version': { GET: readers },
    '/workspaces/:id/state-versions': { POST: readers },
    '/state-versions/:id': { GET: readers },
    '/state-versions/:id/download': { GET: readers },
    '/workspaces/:id/configuration-versions': { POST: members },
    '/workspaces/:id/runs': { GET: members },
    '/workspaces/:id/vars': { GET: members },
    '/configuration-versions/:id': { GET: members },
    // The proofs in these links are their own pass, for a day.
    '/configuration-versions/:id/upload/:proof': { PUT: open },
    '/logs/:phase/:proof': { GET: open },
    '/runs': { POST: members },
    '/runs/:id': { GET: members },
    '/runs/:id/run-events': { GET: members },
    '/runs/:id/actions/apply': { POST: members },
    '/runs/:id/actions/discard': { POST: members },
    '/runs/:id/actions/cancel': { POST: members },
    '/runs/:id/actions/force-cancel': { POST: members },
    '/plans/:id': { GET: members },
    '/plans/:id/json-output': { GET: members },
    '/applies/:id': { GET: members },
    '/policy-checks/:id': { GET: members },
    '/policy-checks/:id/output': { GET: members },
    '/policy-checks/:id/actions/override': { POST: members },
    '/organizations/:organization/runs/queue': { GET: members },
    '/organizations/:organization/capacity': { GET: members },
  }),
}

const rootRoutes: Room = {
  refusal: 404,
  routes: {
    '/ping': { GET: open },
    '/healthz': { GET: open },
    '/.well-known/terraform.json': { GET: open },
  },
}

/** Prometheus sends its token, unless the option `metrics` opens them to anyone. */
const metrics: Room = { refusal: 403, routes: { '/metrics': { GET: members } } }

/**
 * Who may do what: every route of the control plane, and whose token it takes. The public API asks this
 * table and gives users alone what is not in it; of the other rooms, a test compares what they do with it.
 */
export const accessTable: readonly Room[] = [
  publicApi,
  agentApi,
  registry,
  tfe,
  metrics,
  rootRoutes,
]

/** Who may call a route; `undefined` for one that the table does not know. */
export function callersOf(method: string, url: string): readonly Caller[] | undefined {
  for (const { routes } of accessTable) {
    if (!Object.hasOwn(routes, url)) continue
    const methods = new Map(Object.entries(routes[url] ?? {}))
    // HEAD is served where GET is.
    const own = methods.get(method) ?? methods.get('ALL')
    return own ?? (method === 'HEAD' ? methods.get('GET') : undefined)
  }
  return undefined
}

function below(prefix: string, routes: Room['routes']): Room['routes'] {
  return Object.fromEntries(
    Object.entries(routes).map(([path, methods]) => [`${prefix}${path}`, methods]),
  )
}

function relationship(): Readonly<Record<string, readonly Caller[]>> {
  return { GET: members, POST: members, PATCH: members, DELETE: members }
}

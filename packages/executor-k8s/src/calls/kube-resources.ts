import type { V1Job, V1Pod } from '@kubernetes/client-node'
import { z } from 'zod'

import type { KubeCall } from './kube-answer-error.ts'
import type { KubeHttp } from './kube-http.ts'

/** Objects in one answer; the server sends the rest when asked for it. */
const pageSize = 500

/** What is listed and watched. */
export interface KubeKinds {
  readonly jobs: V1Job
  readonly pods: V1Pod
}

type KindSchemas = { readonly [K in keyof KubeKinds]: z.ZodType<KubeKinds[K]> }

/** The API server checks its objects itself; this looks only whether it is one. */
export const objectSchemas: KindSchemas = {
  jobs: z.custom<V1Job>(isObject),
  pods: z.custom<V1Pod>(isObject),
}

function isObject(value: unknown): boolean {
  const metadata: unknown = Object(value)['metadata']
  return typeof Object(metadata)['name'] === 'string'
}

const listMetaSchema = z
  .looseObject({ continue: z.string().optional(), resourceVersion: z.string().optional() })
  .default({})

export const collections = {
  jobs: (namespace: string) => `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs`,
  pods: (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
} as const

/** As RBAC calls them. */
export const resourceNames = { jobs: 'jobs.batch', pods: 'pods' } as const

/** What a list of kubeJobs is asked for: a kubeJob is mostly the scripts of its pod. Servers before 1.15 give all. */
const metadataAlone =
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json'

export function objectPath(collection: string, name: string): string {
  return `${collection}/${encodeURIComponent(name)}`
}

/** A list, and the version of the store that it shows. */
export interface KubeList<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
}

/** All objects with those labels, page by page. */
export async function listAll<K extends keyof KubeKinds>(
  http: KubeHttp,
  {
    isMetadataAlone = false,
    kind,
    labelSelector,
  }: {
    readonly kind: K
    readonly labelSelector: string
    /** Without spec and status. */
    readonly isMetadataAlone?: boolean
  },
  signal: AbortSignal,
): Promise<KubeList<KubeKinds[K]>> {
  const { namespace } = http.cluster
  const call: KubeCall = { verb: 'list', resource: resourceNames[kind], namespace }
  const schema: z.ZodType<KubeKinds[K]> = objectSchemas[kind]
  const pageSchema = z.looseObject({ items: z.array(schema).nullish(), metadata: listMetaSchema })
  const items: KubeKinds[K][] = []
  let next: string | undefined
  for (;;) {
    const query = new URLSearchParams({ labelSelector, limit: String(pageSize) })
    if (next !== undefined) query.set('continue', next)
    const path = `${collections[kind](namespace)}?${query.toString()}`
    const accept = isMetadataAlone ? { accept: metadataAlone } : {}
    const page = pageSchema.parse(await http.json({ method: 'GET', path, call, ...accept }, signal))
    items.push(...(page.items ?? []))
    next = page.metadata.continue
    if (next === undefined || next === '') {
      return { items, resourceVersion: page.metadata.resourceVersion ?? '' }
    }
  }
}

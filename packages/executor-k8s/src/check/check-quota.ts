import type { Finding } from '@scalr-agent/core'
import { z } from 'zod'

import type { KubeHttp } from '../calls/kube-http.ts'
import { isForbidden } from '../kubernetes-error.ts'

const quotasSchema = z.looseObject({
  items: z
    .array(
      z.looseObject({
        metadata: z.looseObject({ name: z.string() }),
        status: z
          .looseObject({
            hard: z.record(z.string(), z.string()).optional(),
            used: z.record(z.string(), z.string()).optional(),
          })
          .optional(),
      }),
    )
    .nullish(),
})

/** The quotas of the namespace, as a hint; `undefined` where there are none or we may not see them. */
export async function checkQuota(
  http: KubeHttp,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const id = 'kubernetes.quota'
  const { namespace } = http.cluster
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/resourcequotas?limit=50`
  const call = { verb: 'list', resource: 'resourcequotas', namespace }
  try {
    const { items } = quotasSchema.parse(await http.json({ method: 'GET', path, call }, signal))
    const lines = (items ?? []).flatMap(({ metadata, status }) =>
      Object.entries(status?.hard ?? {}).map(
        ([name, hard]) => `${metadata.name}: ${name} ${status?.used?.[name] ?? '?'} of ${hard}`,
      ),
    )
    if (lines.length === 0) return undefined
    return {
      id,
      level: 'ok',
      message: `Quotas of the namespace \`${namespace}\`, which jobs count for: ${lines.join(', ')}.`,
    }
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

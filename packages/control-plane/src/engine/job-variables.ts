import type { JobVariable } from '@scalr-agent/core/protocol'

import type { RunVariableRow, ScopedVariableRow } from '../store/index.ts'

/**
 * The variables of a job: a narrower scope wins over a wider one, and the run over all, unless the wider
 * one is final.
 *
 * @param scoped account, environment and workspace variables, from the widest scope to the narrowest
 */
export function mergeVariables(
  scoped: readonly ScopedVariableRow[],
  ofRun: readonly RunVariableRow[],
): readonly JobVariable[] {
  const merged = new Map<string, JobVariable>()
  const finals = new Set<string>()
  for (const row of [...scoped, ...ofRun.map((variable) => ({ ...variable, final: 0 }))]) {
    // Scalr's `env` is another word for `shell`.
    const category = row.category === 'terraform' ? 'terraform' : 'shell'
    const key = `${category}:${row.key}`
    if (finals.has(key)) continue
    if (row.final === 1) finals.add(key)
    merged.set(key, {
      key: row.key,
      value: row.value,
      category,
      hcl: row.hcl === 1,
      sensitive: row.sensitive === 1,
    })
  }
  return [...merged.values()]
}

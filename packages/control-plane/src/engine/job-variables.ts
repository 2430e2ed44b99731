import { jobSpecSchema, type JobVariable } from '@scalr-agent/core/protocol'

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

/** What is kept of a plan's variables, for {@link variablesOfPhase}. */
export function toldVariables(variables: readonly JobVariable[]): string {
  return JSON.stringify(variables.filter(({ category }) => category === 'terraform'))
}

/**
 * A plan takes the variables as they are. What follows it takes the Terraform variables that it took:
 * OpenTofu applies no plan with other values, and nothing may be applied that nobody saw. Shell variables
 * are taken as they are by then, since credentials may have been renewed.
 */
export function variablesOfPhase(
  phase: string,
  present: readonly JobVariable[],
  planned: string | undefined,
): readonly JobVariable[] {
  if (phase === 'plan' || planned === undefined) return present
  return [
    ...present.filter(({ category }) => category === 'shell'),
    ...jobSpecSchema.shape.variables.parse(JSON.parse(planned)),
  ]
}

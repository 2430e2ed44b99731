/** Where a policy job keeps what is its own. Paths are relative to the job directory. */
export const policyLayout = {
  /** `tfrun` as the control plane sent it. */
  runFacts: 'data/tfrun.json',
  /** `{"tfrun": …, "tfplan": …}`, made by the script. */
  input: 'data/policy/input.json',
  checkRego: 'data/policy/check.rego',
  reportRego: 'data/policy/report.rego',
  checks: 'data/policy/checks.json',
  /** The builtins that policies may call. */
  capabilities: 'data/policy/capabilities.json',
  /** Each group's archive is unpacked below this, in a folder named by its place. */
  bundles: 'policies',
  results: 'data/policy-results.json',
} as const

/** Folder of the group at that place. */
export function bundleFolder(index: number): string {
  return `${policyLayout.bundles}/${index + 1}`
}

/** A variable whose value may have to go to the tool by a file, because `TF_VAR_<name>` does not do. */
export interface FileVariable {
  readonly name: string
  /** Names of the environment variables that hold its assignment, in order. */
  readonly chunks: readonly string[]
  /**
   * - `always`: it cannot be an environment variable.
   * - `declared`: it is HCL, which `TF_VAR_<name>` gives as text to a variable of no type.
   * - `outranked`: only where a file of the configuration may set it too.
   */
  readonly when: 'always' | 'declared' | 'outranked'
}

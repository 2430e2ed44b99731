/** What is wrong with the name of a variable; `undefined` when nothing is. */
export function variableNameFault(key: string, category: string): string | undefined {
  if (category === 'terraform') {
    // HCL's own rule for identifiers.
    return /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(key)
      ? undefined
      : 'Key must be the name of a Terraform variable: letters, digits, `_` and `-`, no digit first.'
  }
  return /^[A-Za-z_][A-Za-z0-9_]*$/u.test(key)
    ? undefined
    : 'Key must be the name of an environment variable: letters, digits and `_`, no digit first.'
}

import ignore from 'ignore'

/** What is left out where no `.terraformignore` says otherwise, and where one does: its lines come after. */
const defaults = ['.git/', '.terraform/*', '!.terraform/modules/']

/**
 * Tells which files stay at home, by the lines of a `.terraformignore`: the syntax of .gitignore, read from
 * the root alone.
 * @see https://developer.hashicorp.com/terraform/cli/cloud/settings#excluding-files-from-upload-with-terraformignore
 */
export function ignoreRules(text: string): (path: string, isDirectory: boolean) => boolean {
  const rules = ignore({ ignorecase: false }).add(defaults).add(text)
  return (path, isDirectory) => rules.ignores(isDirectory ? `${path}/` : path)
}

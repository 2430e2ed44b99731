import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

export type Iac = 'terraform' | 'opentofu'

/** A tool that can be run. */
export interface Tool {
  readonly iac: Iac
  readonly path: string
}

const binaries = { terraform: 'terraform', opentofu: 'tofu' } as const

/** The asked-for tool in PATH, or any of the two. */
export async function findTool(
  iac: Iac | undefined,
  searchPath: string,
): Promise<Tool | undefined> {
  const wanted: readonly Iac[] = iac === undefined ? ['terraform', 'opentofu'] : [iac]
  for (const candidate of wanted) {
    for (const directory of searchPath.split(delimiter)) {
      if (directory === '') continue
      const path = join(directory, binaries[candidate])
      if (await isExecutable(path)) return { iac: candidate, path }
    }
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

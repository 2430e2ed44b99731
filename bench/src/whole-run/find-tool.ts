import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** A real tool of this machine. */
export interface Tool {
  readonly iac: 'terraform' | 'opentofu'
  readonly path: string
}

/** The first of the two that is in `PATH`. */
export async function findTool(pathVariable: string): Promise<Tool | undefined> {
  for (const [iac, name] of [
    ['terraform', 'terraform'],
    ['opentofu', 'tofu'],
  ] as const) {
    for (const directory of pathVariable.split(delimiter)) {
      const path = join(directory, name)
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (isThere) return { iac, path }
    }
  }
  return undefined
}

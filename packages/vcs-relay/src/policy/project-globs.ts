/**
 * Projects that may be asked for. `*` stands for any part of one segment, `**` for any number of segments;
 * everything else for itself, whatever its case, as the servers have it. A number is the id of a GitLab
 * project.
 */
export class ProjectGlobs {
  readonly patterns: readonly string[]
  readonly #compiled: readonly RegExp[]

  constructor(patterns: readonly string[]) {
    this.patterns = patterns
    this.#compiled = patterns.map(compile)
  }

  /** Every project is allowed. */
  get isOpen(): boolean {
    return this.patterns.includes('**')
  }

  allows(project: string): boolean {
    // An id says nothing of the path, so that a pattern of paths can never allow one.
    if (/^\d+$/u.test(project)) return this.isOpen || this.patterns.includes(project)
    return this.#compiled.some((pattern) => pattern.test(project))
  }

  /** Whether all that a group can hold is allowed, at any depth below it. */
  allowsAllOf(group: string): boolean {
    if (this.isOpen) return true
    if (/^\d+$/u.test(group)) return false
    const pieces = group.toLowerCase().split('/')
    return this.patterns.some((pattern) => {
      if (!pattern.endsWith('/**')) return false
      const start = pattern.slice(0, -'/**'.length).toLowerCase().split('/')
      return start.every((piece, index) => piece === pieces[index])
    })
  }

  /** Whether all repositories directly below an owner are allowed. */
  allowsOwner(owner: string): boolean {
    const own = `${owner}/*`.toLowerCase()
    return this.allowsAllOf(owner) || this.patterns.some((pattern) => pattern.toLowerCase() === own)
  }
}

/** One segment or more of names with `*`, `**` as a whole segment, or an id. */
export const projectGlobPattern = /^(?:\*\*|[\w~.*-]+)(?:\/(?:\*\*|[\w.*-]+))*$/u

function compile(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((piece) =>
      piece === '**'
        ? '[^/]+(?:/[^/]+)*'
        : piece.replaceAll(/[.*+?^${}()|[\]\\]/gu, (character) =>
            character === '*' ? '[^/]*' : `\\${character}`,
          ),
    )
    .join('/')
  return new RegExp(`^${source}$`, 'iu')
}

import type { Explanation } from './explain.ts'

/** What a command can ask: a `VcsHandler`, or whatever explains. */
export interface Explainer {
  explain(method: string, target: string): Explanation
}

export interface ExplainCommandOptions {
  /** By the names that the configuration gives them. */
  readonly vcs: Readonly<Record<string, Explainer>>
  readonly write: (line: string) => void
}

const usage =
  'usage: explain [VCS] METHOD TARGET, e.g. explain GET /api/v4/projects/group%2Fproject'

/**
 * `explain [VCS] METHOD TARGET`: says which rule allows a request or which step refuses it. The VCS may be
 * left out where there is one alone.
 *
 * @returns the exit code: 0 allowed, 1 refused, 2 misused
 */
export function explainCommand(argv: readonly string[], options: ExplainCommandOptions): 0 | 1 | 2 {
  const { vcs, write } = options
  const names = Object.keys(vcs)
  const [name, method, target] = argv.length === 2 ? [names[0], ...argv] : argv
  const isAmbiguous = argv.length === 2 && names.length !== 1
  const explainer = name !== undefined && Object.hasOwn(vcs, name) ? vcs[name] : undefined
  if (
    explainer === undefined ||
    isAmbiguous ||
    method === undefined ||
    target === undefined ||
    argv.length > 3
  ) {
    write(usage)
    write(`VCS: ${names.join(', ')}`)
    return 2
  }
  const explanation = explainer.explain(method.toUpperCase(), target)
  for (const line of explanation.lines) write(line)
  return explanation.allowed ? 0 : 1
}

import { ConfigurationError } from '../errors/index.ts'
import type { AgentKind } from '../protocol/index.ts'

interface Claim {
  readonly kind: AgentKind
  holders: number
}

// Of the process, not of this module: two copies of the package must know of each other.
const key = Symbol.for('scalr-agent.process-kind')
const place: typeof globalThis & { [key]?: Claim | undefined } = globalThis

const names: Readonly<Record<AgentKind, string>> = { run: 'run agent', vcs: 'VCS agent' }

/**
 * Takes this process for one kind of agent until disposed; several of one kind may share it.
 *
 * @throws {@link ConfigurationError} when an agent of the other kind runs here
 */
export function claimProcess(kind: AgentKind): Disposable {
  const claim = place[key] ?? { kind, holders: 0 }
  if (claim.kind !== kind) {
    throw new ConfigurationError(
      `Cannot start a ${names[kind]} in this process: a ${names[claim.kind]} runs in it. A run agent executes code of others, and a VCS agent holds the tokens of the private VCS, so the two are kept apart. Start the ${names[kind]} as a process of its own, best on another machine.`,
    )
  }
  claim.holders += 1
  place[key] = claim
  let released = false
  return {
    [Symbol.dispose]: () => {
      if (released) return
      released = true
      claim.holders -= 1
      if (claim.holders === 0) place[key] = undefined
    },
  }
}

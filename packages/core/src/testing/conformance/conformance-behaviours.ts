import { behaviourGroups, type Behaviour } from './behaviour.ts'
import { checkBehaviours } from './behaviours/check.ts'
import { identityBehaviours } from './behaviours/identity.ts'
import { launchBehaviours } from './behaviours/launch.ts'
import { outputBehaviours } from './behaviours/output.ts'
import { waitBehaviours } from './behaviours/wait.ts'

/** What every executor does, as data. In the order of {@link behaviourGroups}. */
export const conformanceBehaviours: readonly Behaviour[] = [
  ...identityBehaviours,
  ...checkBehaviours,
  ...launchBehaviours,
  ...outputBehaviours,
  ...waitBehaviours,
].toSorted(
  (one, other) => behaviourGroups.indexOf(one.group) - behaviourGroups.indexOf(other.group),
)

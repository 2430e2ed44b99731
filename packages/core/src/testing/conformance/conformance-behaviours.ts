import { behaviourGroups, type Behaviour } from './behaviour.ts'
import { adoptionBehaviours } from './behaviours/adoption.ts'
import { checkBehaviours } from './behaviours/check.ts'
import { destroyBehaviours } from './behaviours/destroy.ts'
import { filesInBehaviours } from './behaviours/files-in.ts'
import { filesOutBehaviours } from './behaviours/files-out.ts'
import { identityBehaviours } from './behaviours/identity.ts'
import { interruptBehaviours } from './behaviours/interrupt.ts'
import { launchRefusalBehaviours } from './behaviours/launch-refusals.ts'
import { launchBehaviours } from './behaviours/launch.ts'
import { limitBehaviours } from './behaviours/limits.ts'
import { listBehaviours } from './behaviours/list.ts'
import { lostBehaviours } from './behaviours/lost.ts'
import { outputBehaviours } from './behaviours/output.ts'
import { processBehaviours } from './behaviours/process.ts'
import { resourceBehaviours } from './behaviours/resources.ts'
import { secretBehaviours } from './behaviours/secrets.ts'
import { waitBehaviours } from './behaviours/wait.ts'

/** What every executor does, as data. In the order of {@link behaviourGroups}. */
export const conformanceBehaviours: readonly Behaviour[] = [
  ...identityBehaviours,
  ...checkBehaviours,
  ...launchBehaviours,
  ...launchRefusalBehaviours,
  ...outputBehaviours,
  ...waitBehaviours,
  ...interruptBehaviours,
  ...limitBehaviours,
  ...processBehaviours,
  ...filesInBehaviours,
  ...filesOutBehaviours,
  ...secretBehaviours,
  ...resourceBehaviours,
  ...adoptionBehaviours,
  ...lostBehaviours,
  ...destroyBehaviours,
  ...listBehaviours,
].toSorted(
  (one, other) => behaviourGroups.indexOf(one.group) - behaviourGroups.indexOf(other.group),
)

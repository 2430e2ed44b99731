import type { ConformanceOptions } from '@scalr-agent/core/testing'

import { openDockerExecutor } from './docker-subject.ts'
import { openFakeExecutor } from './fake-subject.ts'
import { openKubernetesExecutor } from './kubernetes-subject.ts'
import { openProcessExecutor } from './process-subject.ts'

/** An executor to prove, with what the kit may ask beside it. Disposing removes its records. */
export interface KitSubject extends AsyncDisposable {
  readonly options: ConformanceOptions
}

const openers: Readonly<Record<string, () => Promise<KitSubject>>> = {
  fake: openFakeExecutor,
  docker: openDockerExecutor,
  kubernetes: openKubernetesExecutor,
  process: openProcessExecutor,
}

export const executorNames: readonly string[] = Object.keys(openers)

/** @throws for a name that the kit does not know. */
export async function openKitExecutor(name: string): Promise<KitSubject> {
  const open = Object.hasOwn(openers, name) ? openers[name] : undefined
  if (open === undefined) {
    throw new Error(`There is no executor '${name}'. Known are: ${executorNames.join(', ')}.`)
  }
  return await open()
}

import type { OperationOptions, WorkloadSpec } from '@scalr-agent/core'
import { Launcher, ownPaths, packJob } from '@scalr-agent/core/container'
import { orAborted } from '@scalr-agent/core/runtime'

import { checkDockerSpec } from '../container/check-docker-spec.ts'
import { containerName, containerSpec, userOf } from '../container/container-spec.ts'
import { readState, type ContainerState } from '../container/container-state.ts'
import type { DockerContext } from '../context.ts'
import { discardLeftover } from '../container/discard-leftover.ts'
import { dockerError, isConflict, toDockerError } from '../docker-error.ts'
import { ensureImageOf } from './image-of.ts'
import { isAbandoned } from '../container/is-abandoned.ts'
import { afterFailure, startTimeout, tidy } from './launch-failure.ts'
import { joinMetadataBlock } from './metadata-network.ts'
import { persist } from '../calls/persist.ts'
import { removeContainer, removeVolumes } from '../container/remove-workload.ts'
import { refuseSharedDirectory } from './shared-directory.ts'
import { sideBySide } from './side-by-side.ts'

const pendingPollMs = 25
/** Longer ones make Node's timers fire at once. */
const maxTimerMs = 2 ** 31 - 1

/** Launches a workload, or finds that it was launched. Afterwards the engine tells everything. */
export async function launchWorkload(
  context: DockerContext,
  spec: WorkloadSpec,
  options: OperationOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted()
  checkDockerSpec(spec, context.options)
  refuseUnseenCaches(context, spec)
  const caller = options.signal ?? new AbortController().signal
  try {
    await context.launches.run(
      spec.id,
      caller,
      async () => await claimAndStart(context, spec, caller),
    )
  } catch (error) {
    caller.throwIfAborted()
    throw toDockerError(error, { phase: 'launch', doing: `launch workload \`${spec.id}\`` })
  }
}

async function claimAndStart(
  context: DockerContext,
  spec: WorkloadSpec,
  caller: AbortSignal,
): Promise<void> {
  const { client, clock } = context
  let state = await readState(client, spec.id, caller)
  if (await isThere(context, spec, state, caller)) return
  // Getting the image has a time-out of its own; nothing is there until it is over.
  const image = await ensureImageOf(context, spec, caller)
  const timeout = new AbortController()
  const done = new AbortController()
  clock.sleep(Math.min(spec.startTimeoutMs, maxTimerMs), { signal: done.signal }).then(
    () => timeout.abort(startTimeout),
    () => {},
  )
  const signal = AbortSignal.any([timeout.signal, caller])
  try {
    for (;;) {
      // What we saw may be old by now; then the name is taken, and nothing was made.
      if (state.phase !== 'absent') await clock.sleep(pendingPollMs, { signal })
      else if (await makeAndStart(context, spec, image, signal)) return
      state = await persist(clock, signal, () => readState(client, spec.id, signal))
      if (await isThere(context, spec, state, signal)) return
    }
  } catch (error) {
    caller.throwIfAborted()
    if (error === startTimeout) throw stillAway(spec)
    throw error
  } finally {
    done.abort()
  }
}

/** `true` when the workload is there. What a dead launcher left is taken away. */
async function isThere(
  context: DockerContext,
  spec: WorkloadSpec,
  state: ContainerState,
  signal: AbortSignal,
): Promise<boolean> {
  switch (state.phase) {
    case 'running':
    case 'ended':
      return true
    case 'starting':
      if (isAbandoned(state, context.clock)) await discardLeftover(context, state, signal)
      return false
    case 'absent':
      return false
    case 'stranger':
      throw dockerError(
        'REJECTED',
        'launch',
        `Cannot launch workload \`${spec.id}\`: the Docker engine has a container named ` +
          `${containerName(spec.id)} that this executor did not make. Rename or remove it.`,
      )
  }
}

/** `false` when somebody else was faster, or took our container for a leftover. */
async function makeAndStart(
  context: DockerContext,
  spec: WorkloadSpec,
  image: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { client, clock } = context
  using launcher = new Launcher()
  const containerId = await create(context, spec, { image, launcher: launcher.name }, signal)
  if (containerId === undefined) return false
  let wasAway = false
  const onAway = (): void => {
    wasAway = true
  }
  try {
    await sideBySide(signal, [
      async (either) => await refuseSharedDirectory(context, spec, containerId, either),
      async (either) => {
        if (context.options.metadata === 'allow') return
        await joinMetadataBlock(context, spec, containerId, either)
      },
      async (either) => {
        const lay = async (): Promise<void> => {
          const user = userOf(spec, context.options)
          const archive = packJob(spec, { user, signal: either, makeError: dockerError })
          await client.archives.put(containerId, ownPaths.root, archive, either)
        }
        await persist(clock, either, lay, onAway)
      },
    ])
    // The container of a connection that broke off may be started though nobody told us.
    await persist(clock, signal, () => client.start(containerId, signal), onAway)
    return true
  } catch (error) {
    return await afterFailure(context, { spec, containerId, wasAway, error }, signal)
  }
}

/** The id of our container, or `undefined` when the name is taken. */
async function create(
  context: DockerContext,
  spec: WorkloadSpec,
  also: { readonly image: string; readonly launcher: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { client, clock, options } = context
  const creating = persist(clock, signal, async () => {
    try {
      // Not aborted: the engine would go on with it, and nobody would know what came of it.
      return await client.create(containerSpec(spec, options, also), new AbortController().signal)
    } catch (error) {
      if (!isConflict(error)) throw error
      // An answer that got lost: the container is the one that we asked for.
      const state = await readState(client, spec.id, signal)
      const isOurs = state.phase === 'starting' && state.record.launcher === also.launcher
      return isOurs ? state.containerId : undefined
    }
  })
  creating.catch(() => {})
  try {
    return await orAborted(creating, signal)
  } catch (error) {
    await tidy(context, async (limit) => {
      // Its own failure was told, or the signal's reason is.
      await orAborted(creating, limit).catch(() => limit.throwIfAborted())
      const state = await readState(client, spec.id, limit)
      if ('record' in state && state.record.launcher === also.launcher) {
        await removeContainer(client, clock, state.containerId, limit)
      }
      await removeVolumes(client, spec.id, limit)
    })
    throw error
  }
}

function refuseUnseenCaches(context: DockerContext, spec: WorkloadSpec): void {
  if (context.options.localEngine || spec.caches.length === 0) return
  throw dockerError(
    'INVALID_SPEC',
    'launch',
    `Cannot launch workload \`${spec.id}\`: it has caches, and the Docker engine does not see this ` +
      "machine's files. Launch it without (see `capabilities.caches`), or make the executor with " +
      '`localEngine: true` if it does.',
  )
}

function stillAway(spec: WorkloadSpec): Error {
  return dockerError(
    'UNAVAILABLE',
    'launch',
    `Cannot launch workload \`${spec.id}\`: within ${spec.startTimeoutMs} ms (startTimeoutMs) the Docker ` +
      'engine did not answer, or another process was launching it. Try again.',
  )
}

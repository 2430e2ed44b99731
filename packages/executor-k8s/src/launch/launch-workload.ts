import type { V1Job, V1OwnerReference } from '@kubernetes/client-node'
import type { NotStartedOutcome, OperationOptions, WorkloadSpec } from '@scalr-agent/core'
import { checkSpec, Launcher, refuseSpec } from '@scalr-agent/core/container'
import { orAborted } from '@scalr-agent/core/runtime'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isConflict, kubernetesError, toKubernetesError } from '../kubernetes-error.ts'
import { jobManifest } from '../manifest/job-manifest.ts'
import { kubeJobName } from '../manifest/kube-job-name.ts'
import { networkPolicy } from '../manifest/network-policy.ts'
import { isReservedKey } from '../manifest/own-names.ts'
import { podDisruptionBudget } from '../manifest/pod-disruption-budget.ts'
import { agentSelector, annotationsOf, labelNames, labelsOf, recordOf } from '../pod/record.ts'
import { podCommands } from '../pod/scripts.ts'
import { readState, type WorkloadState } from '../pod/workload-state.ts'
import { awaitCompanion } from './await-companion.ts'
import { isAbandoned } from './is-abandoned.ts'
import { countArchive, type CountedArchive } from './lay-files.ts'
import { markNotStarted } from './mark-not-started.ts'
import { refuseSharedDirectory } from './shared-directory.ts'
import { removeWorkload } from './remove-workload.ts'
import { MayRunError, startMain } from './start-main.ts'

const pendingPollMs = 100
/** Longer ones make Node's timers fire at once. */
const maxTimerMs = 2 ** 31 - 1
/** How long the cluster may take to tidy up after a launch that failed. */
const tidyLimitMs = 30_000

/** One attempt to launch. */
interface Attempt {
  readonly client: KubeClient
  readonly watch: KubeWatch
  readonly spec: WorkloadSpec
  /** By the monotonic clock. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/** Launches a workload, or finds that it was launched. Afterwards the cluster tells everything. */
export async function launchWorkload(
  context: KubernetesContext,
  spec: WorkloadSpec,
  options: OperationOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted()
  checkSpec(spec, kubernetesError)
  const reserved = Object.keys(spec.labels).find((name) => isReservedKey(name))
  if (reserved !== undefined) {
    refuseSpec(spec, `the label ${reserved} is one of the executor's own`, kubernetesError)
  }
  const caller = options.signal ?? new AbortController().signal
  try {
    await context.launches.run(
      spec.id,
      caller,
      async () => await claimAndStart(context, spec, caller),
    )
  } catch (error) {
    caller.throwIfAborted()
    throw toKubernetesError(error, { phase: 'launch', doing: `launch workload \`${spec.id}\`` })
  }
}

async function claimAndStart(
  context: KubernetesContext,
  spec: WorkloadSpec,
  caller: AbortSignal,
): Promise<void> {
  const { clock } = context
  const { client, watches } = await context.connect()
  using watch = watches.watch(agentSelector(spec.agentId))
  const deadlineMs = clock.monotonicMs() + spec.startTimeoutMs
  const timeout = new AbortController()
  const done = new AbortController()
  // What answers ends by itself at that time; this is for a server that does not.
  clock
    .sleep(Math.min(spec.startTimeoutMs + tidyLimitMs, maxTimerMs), { signal: done.signal })
    .then(
      () => timeout.abort(stillAway(spec)),
      () => {},
    )
  const signal = AbortSignal.any([timeout.signal, caller])
  const attempt: Attempt = { client, watch, spec, deadlineMs, signal }
  try {
    for (;;) {
      const state = await persist(clock, signal, () => readState(client, spec.id, signal))
      if (state.phase === 'running' || state.phase === 'ended') return
      if (state.phase === 'absent') {
        if (await makeAndStart(context, attempt)) return
        await clock.sleep(pendingPollMs, { signal })
      } else if (isAbandoned(state, clock)) {
        await discard(context, client, state, signal)
      } else {
        await clock.sleep(pendingPollMs, { signal })
      }
    }
  } finally {
    done.abort()
  }
}

/** Removes what a dead launcher left, unless it chose a pod after all. */
export async function discard(
  context: KubernetesContext,
  client: KubeClient,
  state: Extract<WorkloadState, { phase: 'starting' }>,
  signal: AbortSignal,
): Promise<void> {
  const outcome: NotStartedOutcome = {
    kind: 'not-started',
    cause: 'start-timeout',
    evidence: 'The process that launched it ended before it was started.',
  }
  if (!(await markNotStarted(client, state, outcome, { signal }))) return
  context.logger.debug({ workload: state.record.id }, 'Removing a kubeJob whose launch was cut off')
  await removeWorkload(context, client, { id: state.record.id, ...state }, { signal })
}

/** \`false\` when somebody else was faster, or took our kubeJob for a leftover. */
async function makeAndStart(context: KubernetesContext, attempt: Attempt): Promise<boolean> {
  const { signal, spec } = attempt
  using launcher = new Launcher()
  const over = new AbortController()
  // Counted meanwhile: nothing is there to lay it into yet.
  const counting = countArchive(context, spec, AbortSignal.any([signal, over.signal]))
  counting.catch(() => {})
  try {
    const kubeJob = await create(context, attempt, launcher.name)
    if (kubeJob === undefined) return false
    return await startOrTidy(context, attempt, kubeJob, counting)
  } finally {
    // Whoever makes the files may wait for ever.
    over.abort(new Error('over'))
  }
}

async function startOrTidy(
  context: KubernetesContext,
  attempt: Attempt,
  kubeJob: V1Job,
  counting: Promise<CountedArchive>,
): Promise<boolean> {
  const { name = '', uid = '' } = kubeJob.metadata ?? {}
  try {
    return await start(context, attempt, { kubeJob, name, uid, counting })
  } catch (error) {
    if (error instanceof MayRunError) throw error.cause
    const made = { id: attempt.spec.id, name, uid }
    await tidy(context, async (limit) => {
      await removeWorkload(context, attempt.client, made, { signal: limit })
    })
    throw error
  }
}

async function start(
  context: KubernetesContext,
  attempt: Attempt,
  made: {
    readonly kubeJob: V1Job
    readonly name: string
    readonly uid: string
    readonly counting: Promise<CountedArchive>
  },
): Promise<boolean> {
  const { client, deadlineMs, spec, watch } = attempt
  const { kubeJob, name, uid } = made
  // One that fails ends the others.
  const over = new AbortController()
  const signal = AbortSignal.any([attempt.signal, over.signal])
  const companionOf = { spec, kubeJob: { name, uid }, watch, deadlineMs, signal }
  const [companion, archive] = await Promise.all([
    awaitCompanion(context, client, companionOf),
    inTime(context, made.counting, { deadlineMs, signal }),
    makeOwned(context, { ...attempt, signal }, { name, uid }),
    refuseSharedDirectory(context, client, spec, kubeJob, signal),
  ]).catch((error: unknown) => {
    over.abort(error)
    throw error
  })
  switch (companion.kind) {
    case 'gone':
      return false
    case 'not-started':
      return await markNotStarted(client, { name, uid }, companion.outcome, { signal })
    case 'running':
      if (archive === undefined) {
        return await markNotStarted(client, { name, uid }, filesTooLate(spec), { signal })
      }
      return await startMain(context, { ...attempt, name, uid, archive, pod: companion.pod })
  }
}

/** `undefined` when it was not there in time. */
async function inTime<T>(
  { clock }: KubernetesContext,
  work: Promise<T>,
  until: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<T | undefined> {
  const over = new AbortController()
  const signal = AbortSignal.any([until.signal, over.signal])
  const leftMs = Math.min(Math.max(until.deadlineMs - clock.monotonicMs(), 0), maxTimerMs)
  const late = clock.sleep(leftMs, { signal }).then(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}

/** The kubeJob that is ours, or `undefined` when the name is taken. */
async function create(
  context: KubernetesContext,
  attempt: Attempt,
  launcher: string,
): Promise<V1Job | undefined> {
  const { client, signal, spec } = attempt
  const { clock, options } = context
  const version = await persist(clock, signal, () => client.serverVersion(signal))
  const image = spec.image ?? options.image
  if (image === undefined) {
    return refuseSpec(
      spec,
      'it names no image, and neither does the executor (`image`)',
      kubernetesError,
    )
  }
  const name = kubeJobName(spec, options.nameBase)
  const manifest = jobManifest(spec, options, {
    name,
    image,
    version,
    labels: labelsOf(spec),
    annotations: annotationsOf(spec, { launcher, outputLimitBytes: options.outputLimitBytes }),
    commands: podCommands(spec, options),
  })
  const creating = persist(clock, signal, async () => {
    try {
      // Not aborted: the server would go on with it, and nobody would know what came of it.
      return await client.jobs.create(manifest, new AbortController().signal)
    } catch (error) {
      if (!isConflict(error)) throw error
      // An answer that got lost: the kubeJob is the one that we asked for.
      const found = await client.jobs.read(name, signal)
      if (found !== undefined && recordOf(found) === undefined) throw strangers(spec, name)
      return found !== undefined && recordOf(found)?.launcher === launcher ? found : undefined
    }
  })
  creating.catch(() => {})
  try {
    return await orAborted(creating, signal)
  } catch (error) {
    await tidy(context, async (limit) => {
      const made = await orAborted(creating, limit).catch(() => undefined)
      const { uid } = made?.metadata ?? {}
      if (uid !== undefined) {
        await removeWorkload(context, client, { id: spec.id, name, uid }, { signal: limit })
      }
    })
    throw error
  }
}

/** What keeps the pod safe, and goes with its kubeJob. There before anything of the job runs. */
async function makeOwned(
  context: KubernetesContext,
  { client, signal, spec }: Attempt,
  { name, uid }: { readonly name: string; readonly uid: string },
): Promise<void> {
  const { clock, options } = context
  const owner: V1OwnerReference = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name,
    uid,
    controller: false,
  }
  const { managedBy, workload } = labelNames
  const own = {
    // Those of an earlier kubeJob of that name may still be there, and are about to go.
    name: `${name}-${uid.slice(0, 8)}`,
    owner,
    labels: { [managedBy]: 'scalr-agent', [workload]: spec.id },
    selector: { [workload]: spec.id },
  }
  const once = async (work: () => Promise<void>): Promise<void> => {
    await persist(clock, signal, async () => {
      try {
        await work()
      } catch (error) {
        // Made already, by a call whose answer got lost.
        if (!isConflict(error)) throw error
      }
    })
  }
  await Promise.all([
    options.podDisruptionBudget
      ? once(async () => {
          const version = await client.serverVersion(signal)
          await client.createPodDisruptionBudget(podDisruptionBudget(own, version), version, signal)
        })
      : undefined,
    options.metadata === 'block'
      ? once(async () => await client.createNetworkPolicy(networkPolicy(own), signal))
      : undefined,
  ])
}

/** Work after a failure: with a time limit of its own, and never louder than the failure. */
async function tidy(
  context: KubernetesContext,
  work: (limit: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = AbortSignal.timeout(tidyLimitMs)
  try {
    await work(limit)
  } catch (error) {
    context.logger.warn(
      { err: error },
      'Cannot tidy up after a launch that failed; the next look at the list of workloads will',
    )
  }
}

function filesTooLate(spec: WorkloadSpec): NotStartedOutcome {
  return {
    kind: 'not-started',
    cause: 'start-timeout',
    evidence: `Its files could not be read within ${spec.startTimeoutMs} ms (startTimeoutMs).`,
  }
}

function strangers(spec: WorkloadSpec, name: string): Error {
  return kubernetesError(
    'REJECTED',
    'launch',
    `Cannot launch workload \`${spec.id}\`: the namespace has a Job named ${name} that this executor did not make. Remove it, or choose another \`nameBase\`.`,
  )
}

function stillAway(spec: WorkloadSpec): Error {
  return kubernetesError(
    'UNAVAILABLE',
    'launch',
    `Cannot launch workload \`${spec.id}\`: within ${spec.startTimeoutMs} ms (startTimeoutMs) the API server did not answer, or another process was launching it. Try again.`,
  )
}

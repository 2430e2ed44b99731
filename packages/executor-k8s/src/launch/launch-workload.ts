import type { V1Job } from '@kubernetes/client-node'
import type { NotStartedOutcome, OperationOptions, WorkloadSpec } from '@scalr-agent/core'
import { checkSpec, Launcher, newSeal, refuseSpec } from '@scalr-agent/core/container'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { kubernetesError, toKubernetesError } from '../kubernetes-error.ts'
import { isReservedKey } from '../manifest/own-names.ts'
import { agentSelector } from '../pod/record.ts'
import { readState, type WorkloadState } from '../pod/workload-state.ts'
import { awaitCompanion } from './await-companion.ts'
import { createKubeJob } from './create-kube-job.ts'
import { abandonedOutcome, isAbandoned } from './is-abandoned.ts'
import { countArchive, type CountedArchive } from './lay-files.ts'
import { makeOwned } from './make-owned.ts'
import { markNotStarted } from './mark-not-started.ts'
import { removeWorkload } from './remove-workload.ts'
import { refuseSharedDirectory } from './shared-directory.ts'
import { MayRunError, startMain } from './start-main.ts'
import { tidy, tidyLimitMs } from './tidy.ts'

const pendingPollMs = 100
/** Longer ones make Node's timers fire at once. */
const maxTimerMs = 2 ** 31 - 1

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
  const { clock } = context
  if (!(await markNotStarted(client, state, abandonedOutcome, { clock, signal }))) return
  context.logger.debug({ workload: state.record.id }, 'Removing a kubeJob whose launch was cut off')
  await removeWorkload(context, client, { id: state.record.id, ...state }, { signal })
}

/** \`false\` when somebody else was faster, or took our kubeJob for a leftover. */
async function makeAndStart(context: KubernetesContext, attempt: Attempt): Promise<boolean> {
  const { signal, spec } = attempt
  using launcher = new Launcher()
  const seal = newSeal()
  const over = new AbortController()
  // Counted meanwhile: nothing is there to lay it into yet.
  const counting = countArchive(context, spec, seal, AbortSignal.any([signal, over.signal]))
  counting.catch(() => {})
  try {
    const kubeJob = await createKubeJob(context, attempt, { launcher: launcher.name, seal })
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
      return await markNotStarted(client, { name, uid }, companion.outcome, {
        clock: context.clock,
        signal,
      })
    case 'running':
      if (archive === undefined) {
        return await markNotStarted(client, { name, uid }, filesTooLate(spec), {
          clock: context.clock,
          signal,
        })
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

function filesTooLate(spec: WorkloadSpec): NotStartedOutcome {
  return {
    kind: 'not-started',
    cause: 'start-timeout',
    evidence: `Its files could not be read within ${spec.startTimeoutMs} ms (startTimeoutMs).`,
  }
}

function stillAway(spec: WorkloadSpec): Error {
  return kubernetesError(
    'UNAVAILABLE',
    'launch',
    `Cannot launch workload \`${spec.id}\`: within ${spec.startTimeoutMs} ms (startTimeoutMs) the API server did not answer, or another process was launching it. Try again.`,
  )
}

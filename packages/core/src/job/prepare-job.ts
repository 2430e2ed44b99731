import { join } from 'node:path'

import type { PreparedCaches, ToolLocation, ToolName, ToolRequest } from '../caches/index.ts'
import { ScalrAgentError } from '../errors/index.ts'
import { jobFileNames, type JobSpec } from '../protocol/index.ts'
import {
  hookStages,
  normalizeWorkingDirectory,
  policyTools,
  readConfigurationFile,
  type AgentHook,
} from '../run/index.ts'
import { filesDirectory } from './build-job.ts'
import { failureOf } from './error-failure.ts'
import type { JobEventIds } from './job-events.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobFailure } from './job-record.ts'
import type { JobServices } from './job-services.ts'
import { readAgentHooks } from './read-agent-hooks.ts'
import { readSmallFile } from './read-small-file.ts'

/** Of a real lock file, which names a few hundred providers at most, several times over. */
export const maxLockFileBytes = 1024 ** 2

/** From then on the agent's log says what a job waits for. */
const slowAfterMs = 2_000

/** What the agent's machine adds to a job. */
export interface JobAdditions {
  readonly prepared: PreparedCaches
  readonly agentHooks: readonly AgentHook[]
}

export interface PrepareJobOptions {
  readonly spec: JobSpec
  readonly ids: JobEventIds
  readonly journal: JobJournal
  readonly services: JobServices
  readonly signal: AbortSignal
}

/**
 * Brings together what the job's files do not hold: programs and providers from the caches, hooks of the
 * agent. Comes behind the download, since the lock file lies in the configuration.
 *
 * @throws the signal's reason when it aborts.
 */
export async function prepareJob(
  options: PrepareJobOptions,
): Promise<JobAdditions | { readonly failure: JobFailure }> {
  const { spec, services, signal } = options
  try {
    const [prepared, agentHooks] = await Promise.all([
      prepareCaches(options),
      spec.phase === 'policy'
        ? []
        : readAgentHooks(services.settings.hooksDir, hookStages[spec.phase]),
    ])
    return { prepared, agentHooks }
  } catch (error) {
    signal.throwIfAborted()
    if (!ScalrAgentError.isInstance(error)) throw error
    return { failure: failureOf(error, 'preparation') }
  }
}

async function prepareCaches(options: PrepareJobOptions): Promise<PreparedCaches> {
  const { spec, ids, services, signal } = options
  const { caches, settings, executor, clock, logger, emit } = services
  const given = givenTools(settings.tools)
  const tools = wantedTools(spec).filter(({ name }) => !(name in given))
  if (caches === undefined) {
    return { tools: given, mounts: [], cliConfig: undefined, secretEnv: {}, notes: [] }
  }
  const startedMs = clock.monotonicMs()
  emit('job:prepare', {
    ...ids,
    tools: tools.map(({ name, version }) => (version === null ? name : `${name} ${version}`)),
  })
  const { capabilities } = executor
  const lockFile = await lockFileOf(options)
  const waiting = new AbortController()
  clock
    .sleep(slowAfterMs, { signal: waiting.signal })
    .then(() => logger.info({ ...ids, tools }, 'A job waits for programs or providers'))
    .catch(() => {})
  const preparing = caches.prepare(
    {
      jobId: spec.jobId,
      tools,
      lockFile,
      lookIn:
        capabilities.isolation === 'none'
          ? { path: settings.path }
          : settings.imageMode === 'legacy'
            ? 'image'
            : 'nowhere',
      // Without isolation, a workload sees the directories of this machine as they are.
      canMount: capabilities.caches || capabilities.isolation === 'none',
    },
    { signal },
  )
  const prepared = await preparing.finally(() => waiting.abort())
  const durationMs = Math.round(clock.monotonicMs() - startedMs)
  logger.debug({ ...ids, durationMs, notes: prepared.notes }, 'Programs and providers are ready')
  emit('job:prepared', { ...ids, durationMs })
  return { ...prepared, tools: { ...prepared.tools, ...given } }
}

/** Programs that the operator put somewhere: nothing is looked for then. */
function givenTools(
  tools: JobServices['settings']['tools'],
): Readonly<Partial<Record<ToolName, ToolLocation>>> {
  const { terraform, opentofu: tofu, terragrunt, opa } = tools
  const given: Partial<Record<ToolName, ToolLocation>> = {}
  for (const [name, path] of Object.entries({ terraform, tofu, terragrunt, opa })) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are written above
    if (path !== undefined) given[name as ToolName] = { kind: 'path', path }
  }
  return given
}

function wantedTools(spec: JobSpec): readonly ToolRequest[] {
  if (spec.phase === 'policy') return policyTools(spec)
  const { iacPlatform, iacVersion, terragrunt } = spec.workspace
  return [
    { name: iacPlatform === 'opentofu' ? 'tofu' : 'terraform', version: iacVersion },
    ...(terragrunt === null
      ? []
      : [{ name: 'terragrunt', version: terragrunt.version } satisfies ToolRequest]),
  ]
}

/** An apply goes by the lock file of its plan, a plan by that of the configuration. */
async function lockFileOf(options: PrepareJobOptions): Promise<string | undefined> {
  const { spec, journal, signal } = options
  if (spec.phase === 'policy') return undefined
  const directory = filesDirectory(journal.directory)
  if (spec.phase === 'apply' && spec.files.some(({ name }) => name === jobFileNames.lockFile)) {
    return readSmallFile(join(directory, jobFileNames.lockFile), maxLockFileBytes)
  }
  const workingDirectory = normalizeWorkingDirectory(spec.workspace.workingDirectory)
  return readConfigurationFile(join(directory, jobFileNames.configuration), {
    path: join(workingDirectory, '.terraform.lock.hcl'),
    maxBytes: maxLockFileBytes,
    signal,
  })
}

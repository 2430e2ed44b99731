import { finishJobRequestSchema, jobFileNames, type JobFile } from '@scalr-agent/core/protocol'

import { dataFiles, findConfiguration, type DataFile, type JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import { policyInputs } from './policy-job.ts'

/** A file that a job may download, and where it lies. */
export interface JobInput extends JobFile {
  readonly source: DataFile
}

/** Where a result file of one attempt lies: another attempt never overwrites it. */
export function resultFile(job: JobRow, name: string): DataFile {
  return dataFiles.jobFile(job.phase_id, `${job.fencing_token}-${name}`)
}

/** What the job downloads: the configuration, and for an apply also what its plan left; see `policyInputs`. */
export async function jobInputs(context: EngineContext, job: JobRow): Promise<readonly JobInput[]> {
  if (job.phase === 'policy') return policyInputs(context, job)
  const { db, files, runs, phases, jobs } = context
  const configurationId = runs.get(job.run_id)?.configuration_version_id ?? ''
  const configuration = findConfiguration(db, configurationId)
  if (configuration === undefined) {
    throw new EngineError('NO_CONFIGURATION', `The configuration of the run ${job.run_id} is gone.`)
  }
  const source = dataFiles.configuration(configurationId)
  const { bytes, digest } =
    configuration.bytes === null || configuration.digest === null
      ? await files.digest(source)
      : { bytes: configuration.bytes, digest: configuration.digest }
  const inputs: JobInput[] = [{ name: jobFileNames.configuration, bytes, digest, source }]
  if (job.phase === 'plan') return inputs
  const planPhase = phases.ofRun(job.run_id, 'plan')
  const planJob = planPhase && jobs.ofPhase(planPhase.id)
  if (planJob === undefined || planJob.finish_json === null) return inputs
  const report = finishJobRequestSchema.parse(JSON.parse(planJob.finish_json))
  const wanted: readonly string[] = [jobFileNames.plan, jobFileNames.lockFile]
  for (const file of report.files) {
    if (wanted.includes(file.name)) inputs.push({ ...file, source: resultFile(planJob, file.name) })
  }
  return inputs
}

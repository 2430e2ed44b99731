export type { JobEnd, JobEventIds, JobEvents } from './job-events.ts'
export { JobJournal } from './job-journal.ts'
export { type JobRecord, type JobStep, type StopReason } from './job-record.ts'
export { JobRunner, type JobRunnerOptions } from './job-runner.ts'
export { newJobRecord } from './new-job-record.ts'
export type { JobServices, JobSettings } from './job-services.ts'
export {
  isTerminal,
  jobEvents,
  jobStates,
  jobTransitions,
  transition,
  type JobEvent,
  type JobState,
} from './job-state.ts'

export { checkId, checkSpec, isId, refuseSpec } from './check-spec.ts'
export {
  followCommand,
  interruptCommand,
  isInterruptAnswer,
  type AnswerStream,
} from './exec-commands.ts'
export { executorErrors, type MakeExecutorError } from './executor-errors.ts'
export {
  exitRecordOf,
  parseExitRecord,
  parseTerminationMessage,
  type ExitRecord,
  type Marks,
} from './exit-record.ts'
export { attemptOf, Launcher, launcherLife } from './launcher.ts'
export { jobDirectory, marks, ownPaths, terminationLog } from './layout.ts'
export { notStartedOf, outcomeOfExit, outcomeOfMarks, type EndLimits } from './outcome-of-marks.ts'
export { newSeal, packJob, type PackJobOptions } from './pack-job.ts'
export { checkResultPath, ResultArchive, type OfferedEntry } from './result-archive.ts'
export { supervisorArguments } from './supervisor-script.ts'
export { parseUser, type UnixUser } from './unix-user.ts'

export { toFetchHandler, toNodeHandler } from './handlers.ts'
export type { ServerlessLauncherOptions } from './launcher-options.ts'
export {
  createReceiver,
  type ReceivedRequest,
  type Receiver,
  type ReceiverAnswer,
  type ReceiverOptions,
} from './receiver.ts'
export {
  ServerlessLauncher,
  type LauncherCounts,
  type LauncherStatus,
  type TaskView,
} from './serverless-launcher.ts'
export type { TaskRequest } from './task-request.ts'
export type { Acceptance } from './task-store.ts'

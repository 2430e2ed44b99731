export type { ProcessExecutorOptions } from './process-executor-options.ts'
export { ProcessExecutor } from './process-executor.ts'

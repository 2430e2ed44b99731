export type { DockerExecutorOptions } from './docker-executor-options.ts'
export { DockerExecutor } from './docker-executor.ts'

export type { DockerExecutorOptions } from './docker-executor-options.ts'
export { DockerExecutor } from './docker-executor.ts'
export { engineOptionsFromEnv } from './engine/engine-options-from-env.ts'
export type { EngineOptions } from './engine/engine-options.ts'

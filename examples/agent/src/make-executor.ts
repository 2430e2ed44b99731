import { ConfigurationError, type Executor, type Logger } from '@scalr-agent/core'
import { DockerExecutor, engineOptionsFromEnv } from '@scalr-agent/executor-docker'
import { ProcessExecutor } from '@scalr-agent/executor-process'

export interface ExecutorSurroundings {
  readonly dataDir: string
  readonly logger: Logger
  /** Docker's own variables are read of it: `DOCKER_HOST` and its like. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The executor that `SCALR_AGENT_DRIVER` names; Scalr calls bare processes `local`. */
export async function makeExecutor(
  driver: string,
  { dataDir, logger, env }: ExecutorSurroundings,
): Promise<Executor> {
  switch (driver) {
    case 'local':
    case 'process':
      return new ProcessExecutor({ dataDir })
    case 'docker':
      return await DockerExecutor.connect({
        engine: engineOptionsFromEnv(env),
        logger,
        onPullProgress: (progress) => logger.info({ ...progress }, 'Pulling an image'),
      })
    default:
      throw new ConfigurationError(
        `Cannot use SCALR_AGENT_DRIVER=${driver}: this agent knows 'docker' and 'process' (or 'local', its name at Scalr).`,
      )
  }
}

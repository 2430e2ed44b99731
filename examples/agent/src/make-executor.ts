import { ConfigurationError, type Executor, type Logger } from '@scalr-agent/core'
import { DockerExecutor, engineOptionsFromEnv } from '@scalr-agent/executor-docker'
import { KubernetesExecutor, kubernetesOptionsFromEnv } from '@scalr-agent/executor-k8s'
import { ProcessExecutor } from '@scalr-agent/executor-process'

export interface ExecutorSurroundings {
  readonly dataDir: string
  readonly logger: Logger
  /** Variables of the engine itself are read of it: `DOCKER_HOST`, `KUBECONFIG` and their like. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The executor that `SCALR_AGENT_DRIVER` names. Scalr calls bare processes `local`, and has two ways to use
 * Kubernetes where we have one.
 */
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
    case 'kubernetes':
    case 'kubernetes-job':
      return new KubernetesExecutor({ ...kubernetesOptionsFromEnv(env), logger })
    default:
      throw new ConfigurationError(
        `Cannot use SCALR_AGENT_DRIVER=${driver}: this agent knows 'docker', 'kubernetes' (or 'kubernetes-job') and 'process' (or 'local').`,
      )
  }
}

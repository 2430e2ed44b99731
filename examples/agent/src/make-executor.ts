import { ConfigurationError, type Executor, type Logger } from '@scalr-agent/core'

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
  // Each is loaded when it is wanted: an agent of one engine does not hold the others' clients.
  switch (driver) {
    case 'local':
    case 'process': {
      const { ProcessExecutor } = await import('@scalr-agent/executor-process')
      return new ProcessExecutor({ dataDir })
    }
    case 'docker': {
      const { DockerExecutor, engineOptionsFromEnv } = await import('@scalr-agent/executor-docker')
      return await DockerExecutor.connect({
        engine: engineOptionsFromEnv(env),
        logger,
        onPullProgress: (progress) => logger.info({ ...progress }, 'Pulling an image'),
      })
    }
    case 'kubernetes':
    case 'kubernetes-job': {
      const { KubernetesExecutor, kubernetesOptionsFromEnv } =
        await import('@scalr-agent/executor-k8s')
      return new KubernetesExecutor({ ...kubernetesOptionsFromEnv(env), logger })
    }
    default:
      throw new ConfigurationError(
        `Cannot use SCALR_AGENT_DRIVER=${driver}: this agent knows 'docker', 'kubernetes' (or 'kubernetes-job') and 'process' (or 'local').`,
      )
  }
}

import { resolve } from 'node:path'

import type { Executor, Logger } from '@scalr-agent/core'

import type { LauncherConfig } from './launcher-config.ts'

/** What starts the agents. Of the environment, an engine's own variables are read: `DOCKER_HOST`, `KUBECONFIG`. */
export async function makeExecutor(
  config: Pick<LauncherConfig, 'LAUNCHER_DATA_DIR' | 'LAUNCHER_EXECUTOR'>,
  {
    env,
    logger,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly logger: Logger },
): Promise<Executor> {
  // Each is loaded when it is wanted: an agent of one engine does not hold the others' clients.
  switch (config.LAUNCHER_EXECUTOR) {
    case 'process': {
      const { ProcessExecutor } = await import('@scalr-agent/executor-process')
      return new ProcessExecutor({
        dataDir: resolve(config.LAUNCHER_DATA_DIR, 'processes'),
        logger,
      })
    }
    case 'docker': {
      const { DockerExecutor, engineOptionsFromEnv } = await import('@scalr-agent/executor-docker')
      return await DockerExecutor.connect({ engine: engineOptionsFromEnv(env), logger })
    }
    case 'kubernetes': {
      const { KubernetesExecutor, kubernetesOptionsFromEnv } =
        await import('@scalr-agent/executor-k8s')
      return new KubernetesExecutor({ ...kubernetesOptionsFromEnv(env), logger })
    }
  }
}

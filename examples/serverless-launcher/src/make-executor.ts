import { resolve } from 'node:path'

import type { Executor, Logger } from '@scalr-agent/core'
import { DockerExecutor, engineOptionsFromEnv } from '@scalr-agent/executor-docker'
import { KubernetesExecutor, kubernetesOptionsFromEnv } from '@scalr-agent/executor-k8s'
import { ProcessExecutor } from '@scalr-agent/executor-process'

import type { LauncherConfig } from './launcher-config.ts'

/** What starts the agents. Of the environment, an engine's own variables are read: `DOCKER_HOST`, `KUBECONFIG`. */
export async function makeExecutor(
  config: Pick<LauncherConfig, 'LAUNCHER_DATA_DIR' | 'LAUNCHER_EXECUTOR'>,
  {
    env,
    logger,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly logger: Logger },
): Promise<Executor> {
  switch (config.LAUNCHER_EXECUTOR) {
    case 'process':
      return new ProcessExecutor({
        dataDir: resolve(config.LAUNCHER_DATA_DIR, 'processes'),
        logger,
      })
    case 'docker':
      return await DockerExecutor.connect({ engine: engineOptionsFromEnv(env), logger })
    case 'kubernetes':
      return new KubernetesExecutor({ ...kubernetesOptionsFromEnv(env), logger })
  }
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { KubernetesExecutor } from '@scalr-agent/executor-k8s'
import { describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { RunningLauncher } from './support/running-launcher.ts'

const kubeconfig = anyKubernetesCluster('a serverless pool, its agents in pods') ?? ''

describe.skipIf(kubeconfig === '')('a serverless pool, its agents in pods', () => {
  it('has an agent started in a pod for each stage, with all that it needs to know', async () => {
    await using scene = await KubernetesScene.start(kubeconfig, {
      webhookRetryMs: 100,
      reaperEveryMs: 100,
    })
    const { platform, namespace, agentKubeconfig } = scene
    await using running = await RunningLauncher.start(platform, {
      executor: new KubernetesExecutor({
        cluster: { kubeconfig: agentKubeconfig, namespace },
        requests: { cpus: 0.05, memoryBytes: 16 * 1024 ** 2 },
      }),
      dataDir: join(platform.directory, 'launcher'),
      url: scene.workloadUrl,
      // In place of an agent: what one is told.
      launch: { image: 'local/busybox:1', argv: ['/bin/sh', '-c', 'env; exit 3'] },
    })
    const workspace = await platform.workspace({ iac: 'opentofu', files: oneResource })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const { launcher } = running
    await expect.poll(() => launcher.tasks()[0]?.state, { timeout: 60_000 }).toBe('ended')
    const [task] = launcher.tasks()
    expect(task).toMatchObject({
      request: { action: 'plan', runId: id },
      attempts: 1,
      outcome: { kind: 'exited', exitCode: 3 },
    })
    const log = await readFile(launcher.logPath(task?.key ?? '') ?? '', 'utf8')
    for (const name of ['SINGLE=true', 'DRIVER=local', `URL=${scene.workloadUrl}`]) {
      expect(log).toMatch(new RegExp(`^SCALR_${name}$`, 'mu'))
    }
    // I12: the token reached the agent, and neither the kept log nor an object of the cluster.
    expect(log).toMatch(/^SCALR_TOKEN=\*+$/mu)
    expect(JSON.stringify(scene.watch.states)).not.toContain(platform.poolToken)
    await platform.client.runs.cancel(id)
    await platform.untilStatus(id, 'canceled')
    await scene.untilNothingLeft()
  })
})

import type { Run } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { CallCounter } from './support/call-counter.ts'
import { oneResource, slowApply } from './support/configurations.ts'
import { allTicks, countedRun, midPlan, ticksOf } from './support/counted-run.ts'
import { toolImage } from './support/docker-engine.ts'
import { hooksOf } from './support/hooks.ts'
import { anyKubernetesCluster, kubectlWith } from './support/kubernetes-cluster.ts'
import { KubernetesScene, type KubernetesOptions } from './support/kubernetes-scene.ts'
import { endOfMain, type PodSeen } from './support/kubernetes-watch.ts'
import { failureOf } from './support/reports.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'pods that are taken away'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(kubeconfig === '' || tool === undefined)(
  'a pod that is taken away from its job',
  () => {
    if (tool === undefined) return
    const { iac } = tool
    const image = toolImage(tool)

    interface Cell extends AsyncDisposable {
      readonly scene: KubernetesScene
      readonly counter: CallCounter
      readonly id: string
      readonly planId: string | null
    }

    /** A counted run under way. */
    async function counted(options: KubernetesOptions = {}): Promise<Cell> {
      const stack = new AsyncDisposableStack()
      const scene = stack.use(await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 }))
      const counter = stack.use(await CallCounter.start(scene.address))
      stack.use(await scene.localAgent({ image }, options))
      const workspace = await scene.platform.workspace({ iac, ...countedRun(counter) })
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      const { planId } = await scene.platform.client.runs.get(id)
      return { scene, counter, id, planId, [Symbol.asyncDispose]: () => stack.disposeAsync() }
    }

    /** The plan as far as it came: no byte twice, none missing in between. */
    async function expectPartOfPlan(cell: Cell, run: Run): Promise<void> {
      const ticks = ticksOf('tock', await cell.scene.platform.logs(run))
      expect(ticks.length).toBeGreaterThanOrEqual(5)
      expect(ticks).toEqual(allTicks.slice(0, ticks.length))
      expect(cell.counter.calls).toEqual(['plan'])
    }

    const nameOf = (pod: PodSeen | undefined): string => pod?.metadata.name ?? ''

    it.concurrent('I1: deleted before it starts: at most once, and the truth is told', async () => {
      await using cell = await counted()
      const { scene, counter, id } = cell
      const pod = await scene.watch.until('was made', () => true)
      await scene.kubectl('delete', 'pod', nameOf(pod), '--wait=false')
      const run = await scene.platform.untilStatus(id, 'applied', 'errored')
      const log = await scene.platform.logs(run)
      if (run.status === 'applied') {
        expect(ticksOf('tock', log)).toEqual(allTicks)
        expect(counter.calls).toEqual(['plan', 'apply'])
      } else {
        expect(run.errorMessage).toMatch(/deleted|gone|evict/iu)
        expect(counter.calls.length).toBeLessThanOrEqual(1)
      }
      await scene.untilNothingLeft()
    })

    it.concurrent('I8: deleted during an apply: one interrupt, the state is saved', async () => {
      await using scene = await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 })
      await using _agent = await scene.localAgent({ image })
      const { platform } = scene
      const workspace = await platform.workspace({
        iac,
        files: slowApply({ seconds: 15, executions: '/dev/null' }),
        autoApply: true,
      })
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      const { applyId } = await platform.client.runs.get(id)
      await platform.untilApplyLog(applyId, 'tick 5 of 150')
      await scene.kubectl('delete', 'pod', nameOf(scene.watch.pods.at(-1)), '--wait=false')
      const run = await platform.untilStatus(id, 'errored')
      const log = await platform.logs(run)
      expect(log.match(/Interrupt received/gu)).toHaveLength(1)
      expect(run.errorMessage).toMatch(/deleted|evict/iu)
      const state = await platform.client.workspaces.currentStateVersion(workspace.id)
      expect(state.resources?.map((resource) => resource?.address)).toContain(
        'terraform_data.quick',
      )
      // Its lock is free.
      await platform.upload(workspace.id, oneResource)
      const next = await platform.client.runs.create({ workspaceId: workspace.id })
      await platform.untilStatus(next.id, 'applied')
      await scene.untilNothingLeft()
    })

    it.concurrent('deleted when its job has ended: nothing of it is lost', async () => {
      await using cell = await counted()
      const { scene, counter, id } = cell
      const pod = await scene.watch.until('ended', (one) => endOfMain(one) !== undefined)
      await scene.kubectl('delete', 'pod', nameOf(pod), '--wait=false')
      const run = await scene.platform.untilStatus(id, 'applied')
      expect(ticksOf('tock', await scene.platform.logs(run))).toEqual(allTicks)
      expect(counter.calls).toEqual(['plan', 'apply'])
    })

    it.concurrent('I2: deleted at once: lost, never a success', async () => {
      await using cell = await counted()
      const { scene, id, planId } = cell
      await scene.platform.untilPlanLog(planId, midPlan)
      const pod = nameOf(scene.watch.pods[0])
      await scene.kubectl('delete', 'pod', pod, '--now', '--wait=false')
      const run = await scene.platform.untilStatus(id, 'errored')
      expect(run.errorMessage).toMatch(/deleted|evicted|gone|removed/u)
      await expectPartOfPlan(cell, run)
      expect(scene.watch.pods).toHaveLength(1)
      await scene.untilNothingLeft()
    })

    it.concurrent('is not to be evicted: a drain waits for the job', async () => {
      await using cell = await counted()
      const { scene, counter, id, planId } = cell
      await scene.platform.untilPlanLog(planId, midPlan)
      const pod = nameOf(scene.watch.pods[0])
      const metadata = { name: pod, namespace: scene.namespace }
      const path = `/api/v1/namespaces/${scene.namespace}/pods/${pod}/eviction`
      const old = scene.minor < 22
      const eviction = {
        apiVersion: old ? 'policy/v1beta1' : 'policy/v1',
        kind: 'Eviction',
        metadata,
      }
      const evict = kubectlWith(kubeconfig, eviction, 'create', '--raw', path, '--filename=-')
      await expect(evict).rejects.toThrow(/disruption budget/u)
      await scene.platform.untilStatus(id, 'applied')
      expect(counter.calls).toEqual(['plan', 'apply'])
    })

    it.concurrent('I2: evicted by the kubelet: told so, never a success', async () => {
      await using scene = await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 })
      await using _agent = await scene.localAgent({ image }, { tmpBytes: 16 * 1024 ** 2 })
      const workspace = await scene.platform.workspace({
        iac,
        files: oneResource,
        hooks: hooksOf({
          prePlan: 'dd if=/dev/zero of=/tmp/much bs=1048576 count=64; echo wrote it; sleep 600',
        }),
      })
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      const run = await scene.platform.untilStatus(id, 'errored')
      expect(run.errorMessage).toMatch(/workload was evicted/u)
      expect(JSON.stringify(await failureOf(scene.platform, run))).toMatch(/exceeds the limit/u)
      expect(await scene.platform.logs(run)).toMatch(/^wrote it$/mu)
      expect(scene.watch.pods).toHaveLength(1)
      await scene.untilNothingLeft()
    })
  },
)

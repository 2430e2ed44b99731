import { setTimeout as delay } from 'node:timers/promises'

import type { Workload, WorkloadSpec } from '../../../executor/index.ts'
import { check, equal } from '../assertions.ts'
import type { Behaviour, Requirement } from '../behaviour.ts'
import type { KitContext } from '../kit-context.ts'
import { canary, LaunchingProcess, type LaunchMode } from '../launching-process.ts'
import { readOutput } from '../output-reader.ts'
import { drip, dripText, exitWith, flood, floodBlock } from '../programs/output-programs.ts'
import { hold } from '../programs/signal-programs.ts'

const requires: readonly Requirement[] = ['adoption', 'option:childModule']

export const adoptionBehaviours: readonly Behaviour[] = [
  {
    id: 'adoption.running',
    group: 'adoption',
    title:
      'I1: a workload outlives the kill -9 of its launcher; attaching gives all output and the true outcome',
    requires,
    run: async (context) => {
      const workload = await orphan(context, context.spec(hold, ['5']))
      await using reader = context.read(workload)
      await reader.until('ready\n')
      await workload.interrupt('soft')
      await reader.until('TERM\n')
      await workload.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nTERM\nQUIT\nend\n', 'the output')
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 5 },
        'the outcome',
      )
    },
  },
  {
    id: 'adoption.unseen',
    group: 'adoption',
    title: 'I1: output and exit that nobody was there to see are told in full',
    requires,
    run: async (context) => {
      const workload = await orphan(context, context.spec(drip, ['30']))
      const { outcome, output } = await context.finish(workload)
      equal(output.toString(), dripText(30), 'the output')
      equal(outcome, { kind: 'exited', exitCode: 5 }, 'the outcome')
    },
  },
  {
    id: 'adoption.much-unseen',
    group: 'adoption',
    title: 'I1: 8 MB of output that nobody read are there, every byte in its place',
    requires,
    run: async (context) => {
      const workload = await orphan(context, context.spec(flood, ['128']))
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 0 },
        'the outcome',
      )
      const expected = Buffer.from(Array.from({ length: 128 }, (_, i) => floodBlock(i)).join(''))
      const output = await readOutput(workload, 0, context.signal)
      equal(
        [output.length, output.equals(expected)],
        [expected.length, true],
        'length and sameness of the output',
      )
      const rest = await readOutput(workload, 5_000_000, context.signal)
      equal(
        rest.equals(expected.subarray(5_000_000)),
        true,
        'sameness of the output from byte 5000000 on',
      )
    },
  },
  {
    id: 'adoption.failed-unseen',
    group: 'adoption',
    title: 'I2: a failure that nobody was there to see stays one',
    requires,
    run: async (context) => {
      const workload = await orphan(context, context.spec(exitWith, ['7']))
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 7 },
        'the outcome',
      )
    },
  },
  {
    id: 'adoption.soft-once',
    group: 'adoption',
    title:
      'I8: a soft interrupt before the kill -9 of the launcher and one after it send one SIGTERM',
    requires,
    run: async (context) => {
      const workload = await orphan(context, context.spec(hold), 'soften')
      await using reader = context.read(workload)
      await reader.until('TERM\n')
      await workload.interrupt('soft')
      await workload.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nTERM\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'adoption.list',
    group: 'adoption',
    title: 'list shows an orphan as running, with its labels, and it can be destroyed',
    requires,
    run: async (context) => {
      const labels = { 'scalr-agent/job-id': 'job-v0abc' }
      const workload = await orphan(context, context.spec(hold, [], { labels }))
      await using reader = context.read(workload)
      await reader.until('ready\n')
      const refs = (await context.list()).map((ref) => ({ ...ref, labels: { ...ref.labels } }))
      equal(
        refs,
        [{ id: workload.id, agentId: context.agentId, labels, state: 'running' }],
        'what list shows',
      )
      await workload.destroy()
      await context.expectNothing(workload.id)
    },
  },
  {
    id: 'adoption.launch-again',
    group: 'adoption',
    title: 'launching the id of an orphan again gives the orphan and starts nothing',
    requires,
    run: async (context) => {
      const spec = context.spec(hold)
      await orphan(context, spec)
      const workload = await context.executor.launch(spec)
      await using reader = context.read(workload)
      await reader.until('ready')
      await workload.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'adoption.environment',
    group: 'adoption',
    title: 'I12: the environment of the launching process never reaches the workload',
    requires,
    run: async (context) => {
      const workload = await orphan(
        context,
        context.spec(hold, [], { argv: ['env'], env: { KIT: 'yes' } }),
      )
      const output = (await context.finish(workload)).output.toString()
      check(output.includes('KIT=yes\n'), 'what the spec gave is missing')
      check(
        !output.includes(canary.name) && !output.includes(canary.value),
        `${canary.name} is there`,
      )
    },
  },
  {
    id: 'adoption.half-way',
    group: 'adoption',
    title:
      'I3: a launcher that is killed half-way leaves nothing, or what can be destroyed; launching again works',
    requires,
    countsResources: true,
    run: async (context) => {
      const before = await context.countResources()
      const spec = context.spec(exitWith, ['6'])
      await killLauncher(context, spec, 'stall', 'half-way')
      await expectListedOrNothing(context, spec.id)
      const workload = await context.executor.launch(spec, { signal: context.signal })
      equal(
        (await context.finish(workload)).outcome,
        { kind: 'exited', exitCode: 6 },
        'the outcome',
      )
      await workload.destroy()
      await context.expectNothing(spec.id)
      await context.expectNoLeak(before)
    },
  },
  {
    id: 'adoption.any-moment',
    group: 'adoption',
    title:
      'I3: a launcher that is killed at any moment leaves a workload or nothing; launching again runs it once',
    requires,
    timeoutMs: 120_000,
    run: async (context) => {
      for (const delayMs of [0, 4, 8, 16, 32, 64]) {
        const spec = context.spec(drip, ['3'])
        await killLauncher(context, spec, 'launch', 'launching', delayMs)
        await expectListedOrNothing(context, spec.id)
        const workload = await context.executor.launch(spec, { signal: context.signal })
        const { outcome, output } = await context.finish(workload)
        equal(
          [outcome, output.toString()],
          [{ kind: 'exited', exitCode: 5 }, dripText(3)],
          `the end, killed after ${delayMs} ms`,
        )
        equal(
          (await context.list()).map(({ id }) => id),
          [spec.id],
          'what list shows',
        )
        await workload.destroy()
      }
    },
  },
]

/** A workload whose launcher was killed, seen from here. */
async function orphan(
  context: KitContext,
  spec: WorkloadSpec,
  mode: LaunchMode = 'launch',
): Promise<Workload> {
  await killLauncher(context, spec, mode, mode === 'soften' ? 'softened' : 'launched')
  const workload = await context.executor.attach(spec.id, { signal: context.signal })
  check(workload !== undefined, 'attach does not know the workload of the killed process')
  return workload
}

async function killLauncher(
  context: KitContext,
  spec: WorkloadSpec,
  mode: LaunchMode,
  moment: Parameters<LaunchingProcess['until']>[0],
  delayMs = 0,
): Promise<void> {
  await using launcher = new LaunchingProcess(context, spec, mode)
  await launcher.until(moment)
  if (delayMs > 0) await delay(delayMs)
  await launcher.kill()
}

/** What attach gives and what list shows must be one and the same. */
async function expectListedOrNothing(context: KitContext, id: string): Promise<void> {
  const listed = (await context.list()).map((ref) => ref.id)
  const attached = await context.executor.attach(id)
  if (attached !== undefined) equal(listed, [id], 'what list shows of a workload that attach gives')
}

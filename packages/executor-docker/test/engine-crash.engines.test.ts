import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DockerExecutor } from '../src/docker-executor.ts'
import { describeWithEngine, dockerHost } from './support/docker-engine.ts'
import { docker, resourcesOf } from './support/docker-client.ts'
import { PrivateEngine } from './support/private-engine.ts'
import { readAll, shellSpec, testAgentId, until } from './support/workloads.ts'

const isRoot = process.getuid?.() === 0
const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${index}\n`).join('')
const drip = (count: number, seconds = 0.02): string =>
  `i=0; while [ $i -lt ${count} ]; do echo "line $i"; i=$((i+1)); sleep ${seconds}; done; exit 5`

/** Whether a process of this machine has that in its command line: the engine that would know is away. */
async function isRunning(mark: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))
  const commands = await Promise.all(
    pids.map(async (pid) => await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return commands.some((command) => command.includes(mark))
}

describeWithEngine('an engine that is killed with SIGKILL (live-restore)', () => {
  describe.runIf(isRoot)('and comes back', () => {
    let engine: PrivateEngine
    let executor: DockerExecutor

    beforeAll(async () => {
      engine = await PrivateEngine.start(dockerHost ?? '', 'local/busybox:1')
      executor = create()
    })
    afterAll(async () => {
      await executor[Symbol.asyncDispose]()
      await engine[Symbol.asyncDispose]()
    })

    // This engine has no bridge.
    function create(): DockerExecutor {
      return new DockerExecutor({ engine: { host: engine.host }, network: 'none' })
    }

    it('loses no byte of a workload that went on, and knows its true end', async () => {
      const workload = await executor.launch(shellSpec(drip(200)))
      const reading = readAll(workload)
      const waiting = workload.wait()
      await until(workload, 'line 10\n')
      await engine.kill()
      await delay(1000)
      await engine.up()
      expect(await waiting).toEqual({ kind: 'exited', exitCode: 5 })
      expect((await reading).toString()).toBe(lines(200))
      await workload.destroy()
    })

    it('I2: reports nothing while it is away, and then how the workload ended meanwhile', async () => {
      const mark = `mark-${randomUUID()}`
      const workload = await executor.launch(shellSpec(`: ${mark}; ${drip(30, 0.15)}`))
      await until(workload, 'line 3\n')
      const reading = readAll(workload)
      const settled: string[] = []
      const waiting = workload.wait().finally(() => settled.push('wait'))
      await engine.kill()
      expect(await isRunning(mark)).toBe(true)
      await expect.poll(() => isRunning(mark), { timeout: 60_000, interval: 100 }).toBe(false)
      // It has ended, and nobody can know how.
      expect(settled).toEqual([])
      await expect(workload.interrupt('soft')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      await engine.up()
      expect(await waiting).toEqual({ kind: 'exited', exitCode: 5 })
      expect((await reading).toString()).toBe(lines(30))
      await workload.destroy()
      expect(await resourcesOf(engine.host, workload.id)).toEqual([])
    })

    it.each([5, 40, 90, 150, 220, 320, 450])(
      'I1, I3, I7: a launch that is under way after %i ms runs once, or is lost',
      async (afterMs) => {
        const exited = { kind: 'exited', exitCode: 6 }
        const spec = shellSpec('echo once; exit 6')
        const launching = executor.launch(spec)
        launching.catch(() => {})
        await delay(afterMs)
        await engine.kill()
        await delay(200)
        await engine.up()
        await launching.catch(async (error: unknown) => {
          expect(error, String(error)).toMatchObject({ code: 'UNAVAILABLE' })
        })
        // As the agent does: the same launch again.
        const workload = await executor.launch(spec)
        const outcome = await workload.wait()
        const output = (await readAll(workload)).toString()
        // An engine that comes back ends what it was about to start: that much may have run, and no more.
        if (outcome.kind === 'lost') expect(['', 'once\n']).toContain(output)
        else expect({ outcome, output }).toEqual({ outcome: exited, output: 'once\n' })
        await workload.destroy()
        expect(await resourcesOf(engine.host, spec.id)).toEqual([])
      },
    )

    it('I1, I7: agent and engine killed together: a new agent gets every byte and the true end', async () => {
      const spec = shellSpec(drip(100))
      const script = `
        import { DockerExecutor } from '@scalr-agent/executor-docker'
        const executor = new DockerExecutor({ engine: { host: ${JSON.stringify(engine.host)} }, network: 'none' })
        await executor.launch(${JSON.stringify(spec)})
        console.log('launched')
        setInterval(() => {}, 1 << 30)`
      const agent = spawn(
        process.execPath,
        ['--conditions=@scalr-agent/source', '--input-type=module', '-e', script],
        { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
      )
      await once(agent.stdout, 'data')
      const gone = once(agent, 'exit')
      agent.kill('SIGKILL')
      await engine.kill()
      await gone
      await delay(500)
      await engine.up()
      await using next = create()
      const found: string[] = []
      for await (const { id } of next.list({ agentId: testAgentId })) found.push(id)
      expect(found).toEqual([spec.id])
      const workload = await next.attach(spec.id)
      expect(await workload?.wait()).toEqual({ kind: 'exited', exitCode: 5 })
      expect(workload && (await readAll(workload)).toString()).toBe(lines(100))
      await workload?.destroy()
    })

    it('says what was tried while it is away', async () => {
      await engine.kill()
      await using another = create()
      await expect(another.launch(shellSpec('true'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(engine.host),
      })
      expect(await another.check()).toMatchObject([{ id: 'docker.engine', level: 'error' }])
      await engine.up()
      expect(await docker(engine.host, 'ps', '--all', '--quiet')).toBe('')
    })
  })
})

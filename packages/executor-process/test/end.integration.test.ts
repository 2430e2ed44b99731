import { readFile, rm, truncate, writeFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { readProcessEntry } from '../src/process-identity.ts'
import { LaunchProcess } from './support/launch-process.ts'
import {
  collect,
  eventually,
  outputHolds,
  readAll,
  shellSpec,
  TestExecutor,
} from './support/workloads.ts'

interface Processes {
  version: 1
  supervisor: { pid: number; startTime: string; bootId: string }
  main: { pid: number; startTime: string; bootId: string }
}

async function processesOf(test: TestExecutor, id: string): Promise<Processes> {
  return JSON.parse(await readFile(test.workloadPath(id, 'processes.json'), 'utf8')) as Processes
}

const limits: readonly { readonly cgroup: 'auto' | 'off' }[] = [
  { cgroup: 'auto' },
  { cgroup: 'off' },
]

describe('the end of a workload', () => {
  it.each([
    ['exit 0', { kind: 'exited', exitCode: 0 }],
    ['exit 7', { kind: 'exited', exitCode: 7 }],
    ['kill -TERM $$', { kind: 'signaled', signal: 'SIGTERM' }],
    ['kill -KILL $$', { kind: 'signaled', signal: 'SIGKILL' }],
    ['trap "exit 5" TERM; kill -TERM 0; sleep 1', { kind: 'exited', exitCode: 5 }],
  ])('%s is %j', async (script, outcome) => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', script))
    expect(await workload.wait()).toEqual(outcome)
    expect(await workload.wait()).toEqual(outcome)
    expect((await readAll(workload)).toString()).toBe('')
  })

  it('is 127 with a message for a program that does not exist, as in a shell', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', '', { argv: ['no-such-program'] }))
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 127 })
    expect((await readAll(workload)).toString()).toContain('no-such-program')
  })

  it.each(limits)(
    'ends what it left behind, so that its output is final ($cgroup)',
    async (options) => {
      await using test = await TestExecutor.create(options)
      const script =
        'sleep 300 & setsid sh -c "echo $$ >child; sleep 300; echo late" & ' +
        'while ! [ -s child ]; do sleep 0.01; done; echo done'
      const workload = await test.executor.launch(shellSpec('w', script))
      expect((await readAll(workload)).toString()).toBe('done\n')
      const { supervisor } = await processesOf(test, 'w')
      await eventually(() => readProcessEntry(supervisor.pid) === undefined)
    },
  )

  it.each(limits)(
    'I8: soft is one SIGTERM to the main process alone, once ($cgroup)',
    async (options) => {
      await using test = await TestExecutor.create(options)
      const script =
        'trap "echo term" TERM; trap "echo quit; exit 3" QUIT; ' +
        'sh -c "trap \\"echo child hit\\" TERM QUIT; while :; do sleep 0.02; done" & ' +
        'echo ready; while :; do wait; done'
      const workload = await test.executor.launch(shellSpec('w', script))
      await outputHolds(workload, 'ready')
      const other = (await test.another().attach('w'))!
      await Promise.all(
        [workload, other, workload, other].map((handle) => handle.interrupt('soft')),
      )
      await outputHolds(workload, 'term')
      await workload.interrupt('hard')
      await other.interrupt('hard')
      expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 3 })
      expect((await readAll(workload)).toString()).toBe('ready\nterm\nquit\n')
    },
  )

  it.each(limits)(
    'kill ends all of it, whatever it traps or fled to ($cgroup)',
    async (options) => {
      await using test = await TestExecutor.create(options)
      const script =
        'trap "" TERM INT QUIT; setsid sh -c "trap \\"\\" TERM; echo \\$\\$ >fled; exec sleep 300" & ' +
        'while ! [ -s fled ]; do sleep 0.01; done; cat fled; sleep 300'
      const workload = await test.executor.launch(shellSpec('w', script))
      const fled = Number(await outputHolds(workload, '\n'))
      await workload.interrupt('soft')
      await workload.interrupt('kill')
      expect(await workload.wait()).toEqual({ kind: 'signaled', signal: 'SIGKILL' })
      expect(readProcessEntry(fled)).toBeUndefined()
      await workload.interrupt('kill')
    },
  )

  it('I1: outlives the agent, and another one gets every byte and the true outcome', async () => {
    await using test = await TestExecutor.create()
    const script = 'echo one; while ! [ -e go ]; do sleep 0.01; done; echo two; exit 9'
    const agent = new LaunchProcess(test.dataDir, { id: 'w', script })
    await agent.says('ready')
    await agent.says('launched')
    await agent.kill()
    const workload = (await test.executor.attach('w'))!
    expect(await outputHolds(workload, 'one\n')).toBe('one\n')
    await writeFile(`${test.dataDir}/work/w/go`, '')
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 9 })
    expect((await readAll(workload)).toString()).toBe('one\ntwo\n')
  })

  it.each(limits)(
    'ends at its deadline, also when no agent is there ($cgroup)',
    async (options) => {
      await using test = await TestExecutor.create(options)
      const script = 'trap "" TERM; echo hi; sleep 300'
      const agent = new LaunchProcess(test.dataDir, { id: 'w', script, deadlineMs: 400 })
      await agent.says('ready')
      await agent.says('launched')
      await agent.kill()
      const { supervisor, main } = await processesOf(test, 'w')
      const gone = (pid: number): boolean => readProcessEntry(pid) === undefined
      await eventually(() => gone(supervisor.pid) && gone(main.pid))
      const workload = (await test.executor.attach('w'))!
      expect(await workload.wait()).toEqual({ kind: 'deadline', deadlineMs: 400 })
      expect((await readAll(workload)).toString()).toBe('hi\n')
    },
  )

  it('a deadline that is far away delays nothing and leaves no watchdog', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'exit 4', { deadlineMs: 3_600_123 }))
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 4 })
    const { supervisor } = await processesOf(test, 'w')
    await eventually(() => readProcessEntry(supervisor.pid) === undefined)
  })
})

describe('I2: without proof of exit it is lost', () => {
  it.each(limits)('when all of it was killed by somebody else ($cgroup)', async (options) => {
    await using test = await TestExecutor.create(options)
    const workload = await test.executor.launch(shellSpec('w', 'echo hi; sleep 300'))
    await outputHolds(workload, 'hi')
    const { supervisor } = await processesOf(test, 'w')
    process.kill(-supervisor.pid, 'SIGKILL')
    const outcome = await workload.wait()
    expect(outcome).toMatchObject({
      kind: 'lost',
      evidence: expect.stringContaining('exit record'),
    })
    expect((await readAll(workload)).toString()).toBe('hi\n')
    // What was concluded stays.
    expect(await (await test.another().attach('w'))!.wait()).toEqual(outcome)
  })

  it('when the supervisor alone was killed: not before the main process ended', async () => {
    await using test = await TestExecutor.create()
    const script = 'echo hi; while ! [ -e go ]; do sleep 0.01; done'
    const workload = await test.executor.launch(shellSpec('w', script))
    await outputHolds(workload, 'hi')
    const { supervisor } = await processesOf(test, 'w')
    process.kill(supervisor.pid, 'SIGKILL')
    await eventually(() => readProcessEntry(supervisor.pid) === undefined)
    const [listed] = await collect(test.executor.list({ agentId: 'test' }))
    expect(listed?.state).toBe('running')
    await writeFile(`${test.dataDir}/work/w/go`, '')
    expect(await workload.wait()).toMatchObject({ kind: 'lost' })
  })

  it.each(['', 'exit 1 0', 'exit 1 0 0 0 0 end', 'garbage\n', '\0\0\0\0'])(
    'when the exit record is damaged: %j',
    async (text) => {
      await using test = await TestExecutor.create()
      const workload = await test.executor.launch(shellSpec('w', 'true'))
      await workload.wait()
      await writeFile(test.workloadPath('w', 'run', 'exit'), text)
      expect(await workload.wait()).toMatchObject({
        kind: 'lost',
        evidence: expect.stringContaining('damaged'),
      })
    },
  )

  it('when its pid belongs to another process now, which is left alone', async () => {
    await using test = await TestExecutor.create()
    await using stranger = await TestExecutor.create()
    const bystander = await stranger.executor.launch(shellSpec('bystander', 'sleep 300'))
    const theirs = await processesOf(stranger, 'bystander')
    const workload = await test.executor.launch(shellSpec('w', 'exit 0'))
    await workload.wait()
    await rm(test.workloadPath('w', 'run', 'exit'))
    const reused = (identity: Processes['main']): Processes['main'] => ({
      ...identity,
      startTime: '1',
    })
    await writeFile(
      test.workloadPath('w', 'processes.json'),
      JSON.stringify({
        version: 1,
        supervisor: reused(theirs.supervisor),
        main: reused(theirs.main),
      }),
    )
    await workload.interrupt('soft')
    await workload.interrupt('kill')
    expect(await workload.wait()).toMatchObject({ kind: 'lost' })
    await workload.destroy()
    expect(readProcessEntry(theirs.main.pid)).toBeDefined()
    expect(readProcessEntry(theirs.supervisor.pid)).toBeDefined()
    await bystander.destroy()
  })

  it('when the machine was restarted meanwhile', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'exit 0'))
    await workload.wait()
    await rm(test.workloadPath('w', 'run', 'exit'))
    const record = await processesOf(test, 'w')
    record.supervisor.bootId = 'before'
    record.main.bootId = 'before'
    await writeFile(test.workloadPath('w', 'processes.json'), JSON.stringify(record))
    expect(await workload.wait()).toMatchObject({ evidence: expect.stringContaining('restarted') })
  })

  it('and output that is shorter than the exit record says is OUTPUT_LOST', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'echo 0123456789'))
    await workload.wait()
    await expect(readAll(workload, 12)).rejects.toMatchObject({ code: 'OUTPUT_LOST' })
    await truncate(test.workloadPath('w', 'output'), 5)
    await expect(readAll(workload)).rejects.toMatchObject({ code: 'OUTPUT_LOST' })
    await workload.destroy()
    await expect(readAll(workload)).rejects.toMatchObject({ code: 'OUTPUT_LOST' })
  })

  it('a damaged record of a workload is told, never guessed, and hides no other', async () => {
    await using test = await TestExecutor.create()
    const spec = shellSpec('w', 'true')
    await (await test.executor.launch(spec)).wait()
    await test.executor.launch(shellSpec('other', 'true'))
    const path = test.workloadPath('w', 'workload.json')
    const whole = await readFile(path)
    await writeFile(path, whole.subarray(0, 30))
    await expect(test.executor.attach('w')).rejects.toMatchObject({ code: 'ENGINE_FAILURE' })
    await expect(test.executor.launch(spec)).rejects.toMatchObject({ code: 'ENGINE_FAILURE' })
    const listed = await collect(test.executor.list({ agentId: 'test' }))
    expect(listed.map(({ id }) => id)).toEqual(['other'])
    await writeFile(path, whole)
  })
})

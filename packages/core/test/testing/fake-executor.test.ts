import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { ExecutorError } from '../../src/errors/index.ts'
import type { Workload, WorkloadSpec } from '../../src/executor/index.ts'
import {
  FakeEngine,
  FakeExecutor,
  type FakeCall,
  type FakeProgram,
} from '../../src/testing/index.ts'

describe('FakeExecutor', () => {
  it('runs a scripted workload: output over time, files, exit code', async () => {
    const executor = fake(async (process) => {
      process.write('one\n')
      await process.sleep(1)
      process.write(Uint8Array.of(0xff, 10))
      process.files.write('data/plan.json', '{}')
      return 3
    })
    const workload = await executor.launch(spec())
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 3 })
    expect(await read(workload)).toEqual(Buffer.from('one\n\xff\n', 'latin1'))
    expect(executor.engine.runs.get('job-1')?.files.text('data/plan.json')).toBe('{}')
  })

  it('lets the script react to interrupts, and tells which it got', async () => {
    const executor = fake(async (process) => {
      const asked = Promise.withResolvers<void>()
      process.trap('SIGTERM', () => asked.resolve())
      await asked.promise
      return 4
    })
    const workload = await executor.launch(spec())
    await workload.interrupt('soft')
    await workload.interrupt('soft')
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 4 })
    expect(executor.engine.runs.get('job-1')?.interrupts).toEqual(['soft'])
  })

  it('tells what never started', async () => {
    const executor = new FakeExecutor({
      program: () => ({ cause: 'image-pull', evidence: 'no such image' }),
    })
    const workload = await executor.launch(spec())
    expect(await workload.wait()).toEqual({
      kind: 'not-started',
      cause: 'image-pull',
      evidence: 'no such image',
    })
    expect(await read(workload)).toHaveLength(0)
  })

  it('ends a workload with any outcome that a test forces', async () => {
    const executor = fake(async (process) => await process.forever())
    const workload = await executor.launch(spec())
    const waiting = workload.wait()
    executor.end('job-1', { kind: 'evicted', evidence: 'the node was drained' })
    executor.vanish('job-1')
    expect(await waiting).toEqual({ kind: 'evicted', evidence: 'the node was drained' })
  })

  it('refuses to end what is not there', () => {
    expect(() => fake(() => 0).vanish('job-2')).toThrow('There is no workload `job-2`')
  })

  it('cuts the output at a byte, and heals it', async () => {
    const executor = fake((process) => process.write('0123456789'))
    const workload = await executor.launch(spec())
    executor.cutOutput('job-1', 4)
    const seen: Uint8Array[] = []
    const reading = (async () => {
      for await (const chunk of workload.output(0)) seen.push(chunk)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
    expect(Buffer.concat(seen).toString()).toBe('0123')
    executor.cutOutput('job-1', 4, 'OUTPUT_LOST')
    await expect(read(workload, 4)).rejects.toMatchObject({ code: 'OUTPUT_LOST', retryable: false })
    executor.cutOutput('job-1', undefined)
    expect((await read(workload, 4)).toString()).toBe('456789')
  })

  it('shows every call to the hook, which may make it fail', async () => {
    const calls: FakeCall[] = []
    const executor = fake(() => 0)
    executor.onCall = (call) => {
      calls.push(call)
      if (call.method === 'launch' && calls.length === 1) throw unavailable()
    }
    await expect(executor.launch(spec())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(executor.engine.size).toBe(0)
    const workload = await executor.launch(spec())
    await workload.wait()
    await read(workload)
    await workload.usage()
    await workload.readFiles([])
    await workload.interrupt('kill')
    await executor.attach('job-1')
    for await (const ref of executor.list({ agentId: 'agent-1' })) expect(ref.id).toBe('job-1')
    await workload.destroy()
    expect(calls.map(({ method }) => method)).toEqual([
      'launch',
      'launch',
      'launch-answer',
      'wait',
      'output',
      'usage',
      'readFiles',
      'interrupt',
      'attach',
      'list',
      'destroy',
    ])
  })

  it('loses the answer of a launch that did its work: launching again gives the workload', async () => {
    let runs = 0
    const executor = fake(() => {
      runs += 1
    })
    executor.onCall = ({ method }) => {
      if (method === 'launch-answer') throw unavailable()
    }
    await expect(executor.launch(spec())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    executor.onCall = undefined
    expect(await (await executor.launch(spec())).wait()).toEqual({ kind: 'exited', exitCode: 0 })
    expect(runs).toBe(1)
  })

  it('hangs in a call until the caller gives up', async () => {
    const executor = fake(() => 0)
    executor.onCall = async () => await new Promise(() => {})
    const abort = new AbortController()
    const launching = executor.launch(spec(), { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(launching).rejects.toThrow('enough')
    expect(executor.engine.size).toBe(0)
  })

  it('shares workloads with another executor on the same engine, as after a restart', async () => {
    const engine = new FakeEngine()
    const program = (): FakeProgram => async (process) => {
      process.write('going on')
      await process.sleep(1)
      return 2
    }
    await new FakeExecutor({ engine, program }).launch(spec())
    const attached = await new FakeExecutor({ engine, program }).attach('job-1')
    expect(await attached?.wait()).toEqual({ kind: 'exited', exitCode: 2 })
  })

  it('shows the fault of a script in its output, not as a success', async () => {
    const executor = fake(() => {
      throw new Error('a slip in the test')
    })
    const workload = await executor.launch(spec())
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 70 })
    expect((await read(workload)).toString()).toContain('a slip in the test')
  })

  it('refuses archives as every executor does', async () => {
    const executor = fake(() => 0)
    const files = (): Readable => Readable.from([Buffer.alloc(512, 'x')])
    await expect(executor.launch({ ...spec(), files })).rejects.toMatchObject({
      code: 'INVALID_FILES',
    })
    expect(executor.engine.size).toBe(0)
  })
})

function fake(program: FakeProgram): FakeExecutor {
  return new FakeExecutor({ program: () => program })
}

function spec(): WorkloadSpec {
  return {
    id: 'job-1',
    agentId: 'agent-1',
    directory: 'run-1',
    argv: ['/bin/sh', 'job.sh'],
    env: {},
    secretEnv: {},
    resources: {},
    caches: [],
    labels: {},
    startTimeoutMs: 1000,
  }
}

function unavailable(): ExecutorError {
  return new ExecutorError('Cannot reach the engine.', {
    executor: 'fake',
    phase: 'launch',
    code: 'UNAVAILABLE',
  })
}

async function read(workload: Workload, fromByte = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of workload.output(fromByte)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

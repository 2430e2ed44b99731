import { Readable } from 'node:stream'

import { expect, it } from 'vitest'

import { describeWithEngine } from '../support/docker-engine.ts'
import { docker, resourcesOf } from '../support/docker-client.ts'
import { useEngine } from '../support/engine-suite.ts'
import { readAll, shellSpec, testAgentId, until } from '../support/workloads.ts'

describeWithEngine('a launch', () => {
  const suite = useEngine()

  it("refuses a name that a stranger's container has, and leaves that alone", async () => {
    const spec = shellSpec('true')
    const name = `scalr-agent-${spec.id}`
    await docker(suite.host, 'create', '--name', name, 'local/busybox:1', 'sleep', '1')
    try {
      await expect(suite.executor.launch(spec)).rejects.toMatchObject({
        code: 'REJECTED',
        message: expect.stringContaining(
          `a container named ${name} that this executor did not make`,
        ),
      })
      expect(await suite.executor.attach(spec.id)).toBeUndefined()
      expect(await docker(suite.host, 'inspect', '--format', '{{.State.Status}}', name)).toBe(
        'created',
      )
    } finally {
      await docker(suite.host, 'rm', name)
    }
  })

  it.each([
    ['a network that does not exist', { network: 'no-such-network' }, /network no-such-network/u],
    [
      'a memory limit below what the engine takes',
      { resources: { memoryBytes: 1024 } },
      /memory limit/u,
    ],
    [
      'a cache that does not exist',
      { caches: [{ name: 'x', source: '/no/such/cache' }] },
      /no\/such\/cache|does not see/u,
    ],
  ])(
    'I3: refuses %s with the engine’s reason, and leaves nothing',
    async (_what, changes, reason) => {
      const spec = shellSpec('true', changes)
      await expect(suite.executor.launch(spec)).rejects.toThrow(reason)
      expect(await resourcesOf(suite.host, spec.id)).toEqual([])
    },
  )

  it('refuses caches of a machine whose files the engine does not see', async () => {
    const executor = await suite.create({})
    expect(executor.capabilities.caches).toBe(executor.capabilities.usesThisMachine)
    const { DockerExecutor } = await import('../../src/docker-executor.ts')
    const remote = new DockerExecutor({ engine: { host: suite.host } })
    expect(remote.capabilities.caches).toBe(false)
    const spec = shellSpec('true', { caches: [{ name: 'x', source: '/tmp' }] })
    await expect(remote.launch(spec)).rejects.toMatchObject({ code: 'INVALID_SPEC' })
    await remote[Symbol.asyncDispose]()
  })

  it('I3: an abort at any moment leaves nothing', async () => {
    for (const delayMs of [1, 20, 60, 120, 200, 300]) {
      const spec = shellSpec('echo ran; sleep 60', {
        files: () => Readable.from([Buffer.alloc(1024)]),
      })
      const reason = new Error('changed my mind')
      const abort = new AbortController()
      const timer = setTimeout(() => abort.abort(reason), delayMs)
      const launched = await suite.executor
        .launch(spec, { signal: abort.signal })
        .catch((error: unknown) => error)
      clearTimeout(timer)
      if (launched !== reason) continue
      expect(await resourcesOf(suite.host, spec.id), `aborted after ${delayMs} ms`).toEqual([])
    }
  })

  it('removes volumes that a container removed by hand left, when it lists', async () => {
    const workload = await suite.launch('echo ready; sleep 60')
    await until(workload, 'ready')
    await docker(suite.host, 'rm', '--force', `scalr-agent-${workload.id}`)
    expect(await resourcesOf(suite.host, workload.id)).toHaveLength(2)
    for await (const ref of suite.executor.list({ agentId: testAgentId }))
      expect(ref.id).not.toBe(workload.id)
    expect(await resourcesOf(suite.host, workload.id)).toEqual([])
  })

  it('a reader that leaves lets nothing run on for ever', async () => {
    const workload = await suite.launch('echo ready; sleep 600')
    for (let i = 0; i < 3; i += 1) await until(workload, 'ready')
    const top = await docker(suite.host, 'top', `scalr-agent-${workload.id}`, '-eo', 'pid,args')
    // Each gives up by itself after some minutes.
    expect(top.split('\n').filter((line) => line.includes('tail -c')).length).toBeLessThanOrEqual(3)
    await workload.destroy()
  })

  it('gives the output of one workload to many readers', async () => {
    const workload = await suite.launch(
      'i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); done',
    )
    const all = await Promise.all(Array.from({ length: 4 }, async () => await readAll(workload)))
    for (const output of all) expect(output.equals(all[0] ?? Buffer.alloc(0))).toBe(true)
    expect(all[0]?.toString().split('\n')).toHaveLength(301)
  })
})

import { once } from 'node:events'

import type { Outcome } from '@scalr-agent/core'
import { expect, it } from 'vitest'

import { describeWithEngine } from './support/docker-engine.ts'
import { docker, resourcesOf } from './support/docker-client.ts'
import { useEngine } from './support/engine-suite.ts'
import { readAll, shellSpec, until } from './support/workloads.ts'

const mebibyte = 1024 ** 2
const grow = 'x=0123456789abcdef; while :; do x=$x$x; done'

describeWithEngine('the end of a workload', () => {
  const suite = useEngine()

  it('out of memory: limit and peak are the evidence', async () => {
    const workload = await suite.launch(grow, { resources: { memoryBytes: 48 * mebibyte } })
    const outcome = await workload.wait()
    expect(outcome).toMatchObject({ kind: 'out-of-memory', limitBytes: 48 * mebibyte })
    const peak = outcome.kind === 'out-of-memory' ? (outcome.peakBytes ?? 0) : 0
    expect(peak).toBeGreaterThan(24 * mebibyte)
    expect(peak).toBeLessThanOrEqual(48 * mebibyte)
  })

  it('a child that lacked memory leaves the exit code of the main process, and is told', async () => {
    const end = async (): Promise<Outcome> => {
      const resources = { memoryBytes: 48 * mebibyte }
      return await (await suite.launch(`sh -c '${grow}'; exit 4`, { resources })).wait()
    }
    let outcome = await end()
    // On a machine with too much to do the kernel still counts, for moments, what the killed child had, and may then take
    // process 1: as true an end.
    for (let tries = 1; tries < 5 && outcome.kind === 'out-of-memory'; tries += 1) {
      outcome = await end()
    }
    expect(outcome).toMatchObject({
      kind: 'exited',
      exitCode: 4,
      memoryExceeded: { limitBytes: 48 * mebibyte, peakBytes: expect.any(Number) },
    })
  })

  it('five workloads with 512 MiB each run side by side and use theirs', async () => {
    const resources = { memoryBytes: 512 * mebibyte, cpus: 1 }
    const fill =
      'dd if=/dev/zero of=/tmp/x bs=1M count=100 2>/dev/null; echo full; read x </opt/never 2>/dev/null; sleep 600'
    const workloads = await Promise.all(
      Array.from({ length: 5 }, async () => await suite.launch(fill, { resources })),
    )
    await Promise.all(workloads.map(async (workload) => await until(workload, 'full')))
    const usages = await Promise.all(workloads.map(async (workload) => await workload.usage()))
    for (const usage of usages) {
      expect(usage?.memoryBytes).toBeGreaterThan(99 * mebibyte)
      expect(usage?.memoryBytes).toBeLessThan(130 * mebibyte)
      expect(usage?.cpuSeconds).toBeGreaterThan(0)
    }
    await Promise.all(workloads.map(async (workload) => await workload.interrupt('kill')))
    for (const workload of workloads) {
      expect(await workload.wait()).toEqual({ kind: 'signaled', signal: 'SIGKILL' })
    }
  })

  it('I2: a container that was removed by hand is lost, its output too, and its volume is cleaned up', async () => {
    const workload = await suite.launch('echo ready; sleep 600')
    await until(workload, 'ready')
    const waiting = workload.wait()
    const reading = readAll(workload)
    reading.catch(() => {})
    await docker(suite.host, 'rm', '--force', '--volumes', `scalr-agent-${workload.id}`)
    expect(await waiting).toMatchObject({ kind: 'lost' })
    await expect(reading).rejects.toMatchObject({ code: 'OUTPUT_LOST' })
    await workload.destroy()
    expect(await resourcesOf(suite.host, workload.id)).toEqual([])
  })

  it('I1: a container that is started once more runs nothing twice, and is lost', async () => {
    const workload = await suite.launch('echo once; sleep 600')
    await until(workload, 'once')
    await docker(suite.host, 'kill', `scalr-agent-${workload.id}`)
    await docker(suite.host, 'start', '--attach', `scalr-agent-${workload.id}`).catch(() => {})
    expect(await workload.wait()).toMatchObject({ kind: 'lost' })
    expect((await readAll(workload)).toString()).toBe('once\n')
    await workload.destroy()
  })

  it('I2: a container that was killed by hand is lost: nobody knows how the job ended', async () => {
    const workload = await suite.launch('echo ready; sleep 600')
    await until(workload, 'ready')
    await docker(suite.host, 'kill', `scalr-agent-${workload.id}`)
    expect(await workload.wait()).toMatchObject({
      kind: 'lost',
      evidence: expect.stringContaining('137'),
    })
    expect((await readAll(workload)).toString()).toBe('ready\n')
  })

  it('an image without /bin/sh is refused with the reason, and listed until it is destroyed', async () => {
    const workload = await suite.launch('true', { image: 'local/no-shell:1' })
    expect(await workload.wait()).toEqual({
      kind: 'not-started',
      cause: 'rejected',
      evidence: expect.stringContaining('no /bin/sh'),
    })
    expect(await readAll(workload)).toHaveLength(0)
    await workload.destroy()
    expect(await resourcesOf(suite.host, workload.id)).toEqual([])
  })

  it('an image for another processor is refused with the reason', async () => {
    const spec = shellSpec('true', { image: 'local/other-arch:1' })
    const emulating = await suite.create({ images: { architecture: 'any' } })
    const workload = await emulating.launch(spec)
    expect(await workload.wait()).toEqual({
      kind: 'not-started',
      cause: 'rejected',
      evidence: expect.stringContaining('another kind of processor'),
    })
  })

  it('60 MB of random bytes arrive as they were written, live and once more', async () => {
    const script =
      'dd if=/dev/urandom of=noise bs=1M count=60 2>/dev/null; sha256sum <noise >sum; cat noise'
    const workload = await suite.launch(script)
    const live = await readAll(workload)
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 0 })
    const again = await readAll(workload, 31_000_001)
    expect(live).toHaveLength(60 * mebibyte)
    expect(again.equals(live.subarray(31_000_001))).toBe(true)
    const sums: Buffer[] = []
    const archive = await workload.readFiles(['sum'])
    archive.on('data', (chunk: Buffer) => sums.push(chunk))
    await once(archive, 'end')
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', live)).toString('hex')
    expect(Buffer.concat(sums).toString('latin1')).toContain(digest)
  })

  it('output beyond the limit is dropped with a note, and never holds the job up', async () => {
    const executor = await suite.create({ outputLimitBytes: 1_000_000 })
    const script = `i=0; while [ $i -lt 30 ]; do head -c 100000 /dev/zero | tr '\\000' a; i=$((i+1)); done; sleep 1
      head -c 100000 /dev/zero | tr '\\000' b; echo done >finished; exit 3`
    const workload = await executor.launch(shellSpec(script))
    const live = await readAll(workload)
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 3 })
    const note = '\n[scalr-agent] The output is longer than 1000000 bytes. The rest was dropped.\n'
    expect(live.subarray(0, 1_000_000).equals(Buffer.alloc(1_000_000, 'a'))).toBe(true)
    expect(live.subarray(1_000_000).toString()).toBe(note)
    expect((await readAll(workload, 999_999)).toString()).toBe(`a${note}`)
  })

  it('a job that writes to /dev/stderr cuts nothing off its output', async () => {
    const workload = await suite.launch('echo one; echo two >/dev/stderr; echo three')
    expect((await readAll(workload)).toString()).toBe('one\ntwo\nthree\n')
  })

  it('a job that ends every process it may still has a true end', async () => {
    const workload = await suite.launch('echo before; sleep 1; kill -KILL -1; exit 0')
    expect(await workload.wait()).not.toEqual({ kind: 'exited', exitCode: 0 })
    expect((await readAll(workload)).toString()).toBe('before\n')
  })

  it('a job that signals its own process group does not take the proof of its exit along', async () => {
    const workload = await suite.launch("trap '' TERM; kill -TERM 0; echo after; exit 6")
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 6 })
    expect((await readAll(workload)).toString()).toBe('after\n')
  })

  it('the deadline is kept though the job ends the sleep of its keeper', async () => {
    const script = 'while :; do pkill sleep; usleep 50000; done'
    const workload = await suite.launch(script, { deadlineMs: 2000 })
    expect(await workload.wait()).toEqual({ kind: 'deadline', deadlineMs: 2000 })
  })
})

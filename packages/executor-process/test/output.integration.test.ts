import { createHash } from 'node:crypto'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import type { Workload } from '@scalr-agent/core'
import { extract } from 'tar-stream'
import { describe, expect, it } from 'vitest'

import {
  collect,
  eventually,
  outputHolds,
  readAll,
  shellSpec,
  TestExecutor,
} from './support/workloads.ts'

async function unpack(
  workload: Workload,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const archive = extract()
  const source = await workload.readFiles(paths)
  expect(source).toBeInstanceOf(Readable)
  source.pipe(archive)
  for await (const entry of archive) {
    const content = Buffer.concat((await collect(entry)) as Buffer[]).toString()
    found[entry.header.name] =
      entry.header.type === 'symlink' ? `-> ${entry.header.linkname}` : content
  }
  return found
}

describe('output', () => {
  it('keeps the order of both streams and gives the same bytes from any byte, again and again', async () => {
    await using test = await TestExecutor.create()
    const script =
      'for i in 1 2 3 4 5; do echo "out $i"; echo "err $i" >&2; done; printf "\\377\\000\\303"'
    const workload = await test.executor.launch(shellSpec('w', script))
    const all = await readAll(workload)
    expect(all.toString('latin1')).toMatch(/^out 1\nerr 1\nout 2\n(?:.*\n){7}\u00ff\u0000\u00c3$/u)
    for (const from of [0, 1, 13, all.length - 1, all.length]) {
      expect(await readAll(workload, from)).toEqual(all.subarray(from))
    }
  })

  it('I10: gives all of 50 MB, also to one who follows while it is written', async () => {
    await using test = await TestExecutor.create()
    const line = `${'0123456789abcdef'.repeat(6)}xyz`
    const workload = await test.executor.launch(
      shellSpec('w', `yes ${line} | head -c 50000000; printf end`),
    )
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of workload.output(0)) {
      hash.update(chunk)
      bytes += chunk.length
    }
    expect(bytes).toBe(50_000_003)
    const expected = createHash('sha256')
    expected.update(`${line}\n`.repeat(500_000)).update('end')
    expect(hash.digest('hex')).toBe(expected.digest('hex'))
  })

  it('stops when its signal aborts, and when the executor is disposed', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'echo hi; sleep 300'))
    const abort = new AbortController()
    const reason = new Error('enough')
    const reading = collect(workload.output(0, { signal: abort.signal }))
    const waiting = workload.wait({ signal: abort.signal })
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    await expect(waiting).rejects.toBe(reason)

    const another = test.another()
    const handle = (await another.attach('w'))!
    const pending = handle.wait()
    await another[Symbol.asyncDispose]()
    await expect(pending).rejects.toMatchObject({ name: 'IllegalStateError' })
    const [listed] = await collect(test.executor.list({ agentId: 'test' }))
    expect(listed?.state).toBe('running')
  })

  it.each([-1, 1.5, Number.NaN])('refuses to read from byte %s', async (fromByte) => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'true'))
    await expect(readAll(workload, fromByte)).rejects.toMatchObject({ code: 'INVALID_SPEC' })
  })
})

describe('readFiles', () => {
  it('packs what exists, while it runs and after its end', async () => {
    await using test = await TestExecutor.create()
    const script =
      'mkdir -p d/e; echo 1 >d/e/f; echo 2 >g; ln -s e/f d/l; mkfifo d/p; echo ok; sleep 300'
    const workload = await test.executor.launch(shellSpec('w', script))
    await outputHolds(workload, 'ok')
    const expected = { d: '', 'd/e': '', 'd/e/f': '1\n', 'd/l': '-> e/f', g: '2\n' }
    expect(await unpack(workload, ['d', 'g', 'none', 'g/none'])).toEqual(expected)
    await workload.interrupt('kill')
    expect(await unpack(workload, ['./d/', 'g', 'd/e/f'])).toEqual(expected)
  })

  it('never leaves the job directory, by no path and no link', async () => {
    await using test = await TestExecutor.create()
    const script =
      'ln -s /etc out; ln -s ../../workloads up; ln -s /etc/passwd file; ln -s . self; ' +
      'mkdir caches; ln -s /etc caches/c; echo x >x'
    const workload = await test.executor.launch(shellSpec('w', script))
    await workload.wait()
    for (const path of ['..', '../x', '/etc/passwd', 'a/../../x', '', 'x\0']) {
      await expect(workload.readFiles([path])).rejects.toMatchObject({ code: 'INVALID_SPEC' })
    }
    const paths = ['out/passwd', 'out', 'up', 'file', 'caches/c/passwd', 'up/w/workload.json']
    expect(await unpack(workload, paths)).toEqual({})
    expect(await unpack(workload, ['.'])).toEqual({ caches: '', self: '-> .', x: 'x\n' })
  })
})

describe('caches, usage, destroy', () => {
  it('shows caches below the job directory, and leaves them alone in the end', async () => {
    await using test = await TestExecutor.create()
    const source = join(test.dataDir, 'cache')
    const fill = await test.executor.launch(
      shellSpec('fill', `mkdir ${source}; echo 1 >${source}/p`),
    )
    await fill.wait()
    const caches = [{ name: 'providers', source }]
    const workload = await test.executor.launch(
      shellSpec('w', 'cat caches/providers/p', { caches }),
    )
    expect((await readAll(workload)).toString()).toBe('1\n')
    await workload.destroy()
    const again = await test.executor.launch(shellSpec('w', 'cat caches/providers/p', { caches }))
    expect((await readAll(again)).toString()).toBe('1\n')
  })

  it.each(['auto', 'off'] as const)('tells what a workload uses (cgroup: %s)', async (cgroup) => {
    await using test = await TestExecutor.create({ cgroup })
    const workload = await test.executor.launch(
      shellSpec('w', 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo ok; sleep 300'),
    )
    await outputHolds(workload, 'ok')
    const usage = await workload.usage()
    expect(usage?.memoryBytes).toBeGreaterThan(100_000)
    expect(usage?.cpuSeconds).toBeGreaterThan(0)
    await workload.interrupt('kill')
    expect(await workload.usage()).toBeUndefined()
  })

  it('destroy ends and removes all of it, twice, at once, with read-only directories', async () => {
    await using test = await TestExecutor.create()
    const script = 'mkdir -p a/b; echo 1 >a/b/c; chmod 0 a/b; chmod 500 a; echo ok; sleep 300'
    const workload = await test.executor.launch(shellSpec('w', script))
    await outputHolds(workload, 'ok')
    const waiting = workload.wait()
    await Promise.all([
      workload.destroy(),
      workload.destroy(),
      (await test.another().attach('w'))!.destroy(),
    ])
    await workload.destroy()
    expect(await waiting).toEqual({ kind: 'signaled', signal: 'SIGKILL' })
    expect(await collect(test.executor.list({ agentId: 'test' }))).toEqual([])
    expect(await test.executor.attach('w')).toBeUndefined()
    await workload.interrupt('kill')
  })

  it('lists the own agent only, and cleans up after agents killed while they destroyed', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'true', { agentId: 'other' }))
    await workload.wait()
    expect(await collect(test.executor.list({ agentId: 'test' }))).toEqual([])
    expect(await collect(test.executor.list({ agentId: 'other' }))).toEqual([
      { id: 'w', agentId: 'other', labels: {}, state: 'ended' },
    ])
    // As after a kill in the middle of destroy: an owner whose workload is gone.
    await symlink('gone', join(test.dataDir, 'owners', 'stale'))
    await collect(test.executor.list({ agentId: 'test' }))
    const next = await test.executor.launch(shellSpec('next', 'true', { directory: 'stale' }))
    await eventually(async () => (await next.wait()).kind === 'exited')
    await workload.destroy()
  })
})

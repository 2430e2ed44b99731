import { existsSync, readdirSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { LaunchProcess } from './support/launch-process.ts'
import {
  collect,
  outputHolds,
  readAll,
  shellSpec,
  tarOf,
  TestExecutor,
  type TestEntry,
} from './support/workloads.ts'

async function leftovers(dataDir: string): Promise<readonly string[]> {
  const folders = ['workloads', 'work', 'owners', 'drafts', 'trash']
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(dataDir, folder))
      return names.map((name) => `${folder}/${name}`)
    }),
  )
  return found.flat()
}

describe('launch', () => {
  it('lays out files with their modes, and runs argv in them, untouched by a shell', async () => {
    await using test = await TestExecutor.create()
    const files = tarOf([
      { name: 'bin/', type: 'directory', mode: 0o755 },
      { name: 'bin/run', mode: 0o4755, content: '#!/bin/sh\npwd; cat data/x; echo "$1"\n' },
      { name: 'data/x', content: 'inside\n' },
      { name: 'link', type: 'symlink', linkname: 'data/x' },
    ])
    const argv = ['bin/run', '$HOME * "x"'] as const
    const workload = await test.executor.launch(shellSpec('w', '', { files, argv }))
    const cwd = join(test.dataDir, 'work', 'w')
    expect((await readAll(workload)).toString()).toBe(`${cwd}\ninside\n$HOME * "x"\n`)
    expect(await readFile(join(cwd, 'link'), 'utf8')).toBe('inside\n')
  })

  it('gives exactly the environment of the spec, and a PATH', async () => {
    await using test = await TestExecutor.create()
    process.env['AGENT_SECRET'] = 'of the agent'
    const workload = await test.executor.launch(
      shellSpec('w', '', {
        argv: ['env'],
        env: { A: 'one two', PWD_LIKE: '"\'$x\n2' },
        secretEnv: { S: 's3' },
      }),
    )
    delete process.env['AGENT_SECRET']
    const lines = (await readAll(workload)).toString().split('\n').filter(Boolean)
    expect(lines.toSorted()).toEqual(
      [
        '2',
        'A=one two',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'PWD_LIKE="\'$x',
        'S=s3',
      ].toSorted(),
    )
  })

  it('I12: keeps no secret on disk or in argv', async () => {
    await using test = await TestExecutor.create()
    const canary = 'canary-51f2a0'
    const workload = await test.executor.launch(
      shellSpec('w', 'sleep 60', { env: { E: canary }, secretEnv: { S: canary } }),
    )
    const record = await readFile(test.workloadPath('w', 'processes.json'), 'utf8')
    const { supervisor, main } = JSON.parse(record) as Record<string, { pid: number }>
    for (const name of await readdir(test.workloadPath('w'), { recursive: true })) {
      const text = await readFile(test.workloadPath('w', name)).catch(() => '')
      expect(text.includes(canary), name).toBe(false)
    }
    for (const { pid } of [supervisor!, main!]) {
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(canary)
    }
    await workload.destroy()
  })

  it('is idempotent: five at once from each of two processes start one', async () => {
    await using test = await TestExecutor.create()
    const script = `echo started >>${join(test.dataDir, 'starts')}; sleep 0.2; echo done`
    await using other = new LaunchProcess(test.dataDir, { id: 'w', script, times: 5 })
    await other.says('ready')
    const mine = await Promise.all(
      Array.from({ length: 5 }, () => test.executor.launch(shellSpec('w', script))),
    )
    await other.says('launched')
    const outputs = await Promise.all(mine.map((workload) => readAll(workload)))
    expect(outputs.map(String)).toEqual(Array.from({ length: 5 }, () => 'done\n'))
    expect(await readFile(join(test.dataDir, 'starts'), 'utf8')).toBe('started\n')
    // Also long after its end.
    const again = await test.executor.launch(shellSpec('w', script))
    expect((await readAll(again)).toString()).toBe('done\n')
    expect(await readFile(join(test.dataDir, 'starts'), 'utf8')).toBe('started\n')
  })

  it('I3: aborted while files arrive, leaves nothing and throws the reason', async () => {
    await using test = await TestExecutor.create()
    const abort = new AbortController()
    const reason = new Error('changed my mind')
    const files = (): PassThrough => {
      setImmediate(() => abort.abort(reason))
      return new PassThrough()
    }
    const launch = test.executor.launch(shellSpec('w', 'true', { files }), { signal: abort.signal })
    await expect(launch).rejects.toBe(reason)
    expect(await leftovers(test.dataDir)).toEqual([])
    expect(await test.executor.attach('w')).toBeUndefined()
  })

  it.each<readonly [string, readonly TestEntry[]]>([
    ['a path that climbs', [{ name: '../x' }]],
    ['an absolute path', [{ name: '/etc/x' }]],
    ['a link out of the tree', [{ name: 'l', type: 'symlink', linkname: '../../x' }]],
    ['a device', [{ name: 'd', type: 'character-device' }]],
    ['a file where a directory is', [{ name: 'ok' }, { name: 'ok/below' }]],
  ])('I3: refuses an archive with %s and leaves nothing', async (_name, entries) => {
    await using test = await TestExecutor.create()
    const files = tarOf([{ name: 'first', content: 'x' }, ...entries])
    await expect(test.executor.launch(shellSpec('w', 'true', { files }))).rejects.toMatchObject({
      code: 'INVALID_FILES',
    })
    expect(await leftovers(test.dataDir)).toEqual([])
  })

  it('I3: refuses a truncated archive and one that fails to arrive', async () => {
    await using test = await TestExecutor.create()
    const whole = tarOf([{ name: 'x', content: 'x'.repeat(5000) }])
    const bytes = Buffer.concat(await collect(whole() as AsyncIterable<Buffer>))
    for (const files of [
      () => new PassThrough().end(bytes.subarray(0, 2000)),
      () => new PassThrough().end(Buffer.alloc(4096, 'x')),
      () => new PassThrough().destroy(new Error('connection reset')),
    ]) {
      await expect(test.executor.launch(shellSpec('w', 'true', { files }))).rejects.toMatchObject({
        code: 'INVALID_FILES',
      })
    }
    expect(await leftovers(test.dataDir)).toEqual([])
  })

  it('is not started when its files take longer than startTimeoutMs', async () => {
    await using test = await TestExecutor.create()
    const files = (): PassThrough => new PassThrough()
    const spec = shellSpec('w', 'true', { files, startTimeoutMs: 1000 })
    const workload = await test.executor.launch(spec)
    expect(await workload.wait()).toMatchObject({ kind: 'not-started', cause: 'start-timeout' })
    expect(await readAll(workload)).toHaveLength(0)
    expect((await collect(test.executor.list({ agentId: 'test' })))[0]?.state).toBe('ended')
    await workload.destroy()
    expect(await leftovers(test.dataDir)).toEqual([])
  })

  it('a directory belongs to one live workload, and keeps its path from one to the next', async () => {
    await using test = await TestExecutor.create()
    const script = 'pwd; echo 1 >file; sleep 60'
    const first = await test.executor.launch(shellSpec('plan', script, { directory: 'ws' }))
    await outputHolds(first, '\n')
    const second = shellSpec('apply', 'pwd', { directory: 'ws' })
    await expect(test.executor.launch(second)).rejects.toMatchObject({ code: 'REJECTED' })
    await first.interrupt('kill')
    await first.wait()
    const apply = await test.executor.launch(second)
    expect((await readAll(apply)).toString()).toBe((await readAll(first)).toString())
    // The files of the first stay its own.
    const chunks: Buffer[] = []
    for await (const chunk of await first.readFiles(['file'])) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString('latin1')).toContain('1\n')
    await first.destroy()
    expect(await apply.wait()).toEqual({ kind: 'exited', exitCode: 0 })
    expect(await leftovers(test.dataDir)).toEqual(['workloads/apply', 'work/ws', 'owners/ws'])
  })

  const moments = [
    ['drafts', 'something or nothing'],
    ['owners/w', 'something or nothing'],
    ['workloads/w', 'something or nothing'],
    ['workloads/w/staging', 'something or nothing'],
    ['work/w', 'something or nothing'],
    ['workloads/w/run', 'something or nothing'],
    ['workloads/w/output', 'something or nothing'],
    ['workloads/w/processes.json', 'something or nothing'],
    ['workloads/w/run/main', 'a workload'],
    ['nowhere', 'a workload'],
  ] as const

  it.each(moments)(
    'I3, I7: killed as soon as %s is there, it has started once or not at all (%s)',
    async (place, promised) => {
      await using test = await TestExecutor.create()
      const log = join(test.dataDir, 'starts')
      const script = `echo started >>${log}; echo output`
      const path = join(test.dataDir, place)
      await using launcher = new LaunchProcess(test.dataDir, { id: 'w', script })
      const isThere = (): boolean =>
        existsSync(path) && (place !== 'drafts' || readdirSync(path).length > 0)
      await launcher.until(isThere)
      await launcher.kill()

      const found = await test.executor.attach('w')
      const listed = await collect(test.executor.list({ agentId: 'test' }))
      expect(listed.map(({ id }) => id)).toEqual(found === undefined ? [] : ['w'])
      // The launcher may have got further before it died, never less far.
      if (promised === 'a workload') expect(found).toBeDefined()
      if (found === undefined) expect(existsSync(log)).toBe(false)
      const workload = await test.executor.launch(shellSpec('w', script))
      expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 0 })
      expect((await readAll(workload)).toString()).toBe('output\n')
      expect(await readFile(log, 'utf8')).toBe('started\n')
      await workload.destroy()
      expect(await leftovers(test.dataDir)).toEqual([])
    },
  )

  it('I3: killed while files arrive, leaves something that the next launch repairs', async () => {
    await using test = await TestExecutor.create()
    const launcher = new LaunchProcess(test.dataDir, { id: 'w', script: 'true', hang: true })
    await launcher.says('ready')
    while ((await readdir(test.workloadPath('w')).catch(() => [])).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(await collect(test.executor.list({ agentId: 'test' }))).toMatchObject([
      { id: 'w', state: 'starting' },
    ])
    await launcher.kill()
    const workload = await test.executor.launch(shellSpec('w', 'echo repaired'))
    expect((await readAll(workload)).toString()).toBe('repaired\n')
  })
})

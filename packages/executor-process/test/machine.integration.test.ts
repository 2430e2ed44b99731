import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ProcessExecutor } from '@scalr-agent/executor-process'
import { describe, expect, it } from 'vitest'

import {
  collect,
  outputHolds,
  readAll,
  shellSpec,
  tarOf,
  TestExecutor,
} from './support/workloads.ts'

const isRoot = process.getuid?.() === 0
const { memoryLimit, cpuLimit } = new ProcessExecutor({ dataDir: '/nowhere' }).capabilities
if (!isRoot)
  console.warn('Skipped: other users and full disks, since the tests do not run as root.')
if (!memoryLimit) console.warn('Skipped: limits, since no cgroups can be made here.')

/** A small file system of its own. */
async function withTmpfs(options: string, work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'scalr-tmpfs-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path])
  try {
    await work(path)
  } finally {
    execFileSync('umount', ['-l', path])
    await rm(path, { recursive: true })
  }
}

describe.runIf(memoryLimit)('limits', () => {
  const resources = { memoryBytes: 64 * 1024 ** 2 }

  it('the main process that needs more memory ends out of memory', async () => {
    await using test = await TestExecutor.create()
    const spec = shellSpec('w', 'exec tail /dev/zero', { resources })
    const workload = await test.executor.launch(spec)
    const outcome = await workload.wait()
    expect(outcome).toMatchObject({ kind: 'out-of-memory', limitBytes: resources.memoryBytes })
    expect(outcome).toHaveProperty('peakBytes')
  })

  it('a child that needs more memory is told beside the exit code', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(
      shellSpec('w', 'tail /dev/zero; echo "child: $?"; exit 4', { resources }),
    )
    expect(await workload.wait()).toMatchObject({
      kind: 'exited',
      exitCode: 4,
      memoryExceeded: { limitBytes: resources.memoryBytes },
    })
    expect((await readAll(workload)).toString()).toContain('child: 137')
  })

  it('measures what the workload holds, without the cache of its files', async () => {
    await using test = await TestExecutor.create()
    const script = `trap go=1 TERM; head -c 60000000 /dev/zero >file; cat file >/dev/null; echo read
      while [ -z "$go" ]; do sleep 0.05; done
      x=$(head -c 30000000 /dev/zero | tr '\\0' x); echo held; sleep 300`
    const spec = shellSpec('w', script, { resources: { memoryBytes: 256 * 1024 ** 2 } })
    const workload = await test.executor.launch(spec)
    await outputHolds(workload, 'read')
    const record = await readFile(test.workloadPath('w', 'workload.json'), 'utf8')
    const { cgroup } = JSON.parse(record) as { cgroup: Record<string, string> }
    const file = Number(cgroup['version']) === 1 ? 'memory.usage_in_bytes' : 'memory.current'
    expect(Number(await readFile(join(cgroup['memory']!, file), 'utf8'))).toBeGreaterThan(60e6)
    expect((await workload.usage())?.memoryBytes).toBeLessThan(30e6)

    await workload.interrupt('soft')
    await outputHolds(workload, 'held')
    expect((await workload.usage())?.memoryBytes).toBeGreaterThan(30e6)
  })

  it('removes its groups', async () => {
    await using test = await TestExecutor.create()
    const workload = await test.executor.launch(shellSpec('w', 'true', { resources }))
    const record = await readFile(test.workloadPath('w', 'workload.json'), 'utf8')
    const { cgroup } = JSON.parse(record) as { cgroup: Record<string, string> }
    expect(existsSync(cgroup['memory']!)).toBe(true)
    await workload.destroy()
    expect(existsSync(cgroup['memory']!)).toBe(false)
  })

  it.runIf(cpuLimit)('sets the share of CPU', async () => {
    await using test = await TestExecutor.create()
    await test.executor.launch(shellSpec('w', 'sleep 300', { resources: { cpus: 0.5 } }))
    const record = await readFile(test.workloadPath('w', 'workload.json'), 'utf8')
    const { cgroup } = JSON.parse(record) as { cgroup: Record<string, string | number> }
    const file = cgroup['version'] === 1 ? 'cpu.cfs_quota_us' : 'cpu.max'
    expect(await readFile(join(String(cgroup['cpu']), file), 'utf8')).toMatch(/^50000\b/u)
  })
})

describe.runIf(isRoot)('another user', () => {
  it('runs as that user, in a directory of its own, without our groups', async () => {
    await using test = await TestExecutor.create()
    await chmod(test.dataDir, 0o711)
    const files = tarOf([{ name: 'd/x', content: 'x' }])
    const script = 'id -u; id -g; id -G; echo more >>d/x; echo 1 >new; cat d/x; sleep 0.1 & exit 3'
    const spec = shellSpec('w', script, { user: '1234:2345', files, deadlineMs: 60_000 })
    const workload = await test.executor.launch(spec)
    expect((await readAll(workload)).toString()).toBe('1234\n2345\n2345\nxmore\n')
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 3 })
    expect((await stat(join(test.dataDir, 'work/w'))).mode & 0o777).toBe(0o700)
  })

  it('cannot read what others left, nor write our records', async () => {
    await using test = await TestExecutor.create({ user: '1234' })
    await chmod(test.dataDir, 0o711)
    await (await test.executor.launch(shellSpec('a', 'echo secret >file', { user: '4321' }))).wait()
    const workloads = join(test.dataDir, 'workloads')
    const script =
      `id -u; cat ${test.dataDir}/work/a/file ${workloads}/a/output ${workloads}/a/workload.json ` +
      `${workloads}/b/workload.json; ls ${workloads}/b; touch ${workloads}/b/killed; sh -c 'echo x >>${workloads}/b/workload.json'; true`
    const workload = await test.executor.launch(shellSpec('b', script))
    const output = (await readAll(workload)).toString()
    expect(output).toMatch(/^1234\n/u)
    expect(output).not.toContain('secret')
    expect(output.match(/ermission denied/gu)?.length).toBeGreaterThanOrEqual(6)
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 0 })
  })

  it('is refused with the directory that it may not pass through', async () => {
    await using test = await TestExecutor.create()
    await chmod(test.dataDir, 0o700)
    const launch = test.executor.launch(shellSpec('w', 'true', { user: '1234' }))
    await expect(launch).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining(test.dataDir),
    })
    expect(await collect(test.executor.list({ agentId: 'test' }))).toEqual([])
  })
})

describe.runIf(isRoot)('a full disk', () => {
  it('I3: refuses the launch as UNAVAILABLE and leaves nothing', async () => {
    await withTmpfs('size=256k', async (dataDir) => {
      const executor = new ProcessExecutor({ dataDir })
      await executor.check()
      await writeFile(join(dataDir, 'ballast'), Buffer.alloc(1024 ** 2)).catch(() => {})
      const files = tarOf([{ name: 'big', content: 'x'.repeat(100_000) }])
      await expect(executor.launch(shellSpec('w', 'true', { files }))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        retryable: true,
      })
      await rm(join(dataDir, 'ballast'))
      expect(await collect(executor.list({ agentId: 'test' }))).toEqual([])
      const workload = await executor.launch(shellSpec('w', 'echo ok'))
      expect((await readAll(workload)).toString()).toBe('ok\n')
      await workload.destroy()
    })
  })

  it('I2: a disk that fills up during the run leaves the proof of exit', async () => {
    await withTmpfs('size=512k', async (dataDir) => {
      const executor = new ProcessExecutor({ dataDir })
      const workload = await executor.launch(
        shellSpec('w', 'cat /dev/zero >fill 2>/dev/null; exit 6'),
      )
      expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 6 })
      await workload.destroy()
    })
  })

  it('check tells of little space, of noexec and of a read-only file system', async () => {
    await withTmpfs('size=4m,noexec', async (path) => {
      const dataDir = join(path, 'data')
      const byId = async (): Promise<Record<string, string>> => {
        const findings = await new ProcessExecutor({ dataDir }).check()
        return Object.fromEntries(findings.map(({ id, level }) => [id, level]))
      }
      expect(await byId()).toMatchObject({
        'process.data-dir': 'ok',
        'process.exec': 'error',
        'process.disk': 'error',
      })
      execFileSync('mount', ['-o', 'remount,ro', path])
      expect(await byId()).toMatchObject({ 'process.data-dir': 'error', 'process.shell': 'ok' })
    })
  })
})

describe('check', () => {
  it('finds a machine that works', async () => {
    await using test = await TestExecutor.create()
    const findings = await test.executor.check()
    expect(findings.filter(({ level }) => level === 'error')).toEqual([])
    expect(findings.map(({ id }) => id)).toContain('process.exec')
  })

  it('warns of a data directory below which no provider can make its socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'scalr-check-'))
    const dataDir = join(directory, 'd'.repeat(60))
    const findings = await new ProcessExecutor({ dataDir }).check()
    expect(findings.find(({ id }) => id === 'process.path-length')).toMatchObject({
      level: 'warning',
      remedy: expect.stringContaining('at most'),
    })
    await rm(directory, { recursive: true })
  })

  it('finds a file where the data directory should be', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'scalr-check-'))
    await writeFile(join(directory, 'file'), '')
    await mkdir(join(directory, 'x'))
    const findings = await new ProcessExecutor({ dataDir: join(directory, 'file/data') }).check()
    expect(findings[0]).toMatchObject({ id: 'process.data-dir', level: 'error' })
    await rm(directory, { recursive: true })
  })
})

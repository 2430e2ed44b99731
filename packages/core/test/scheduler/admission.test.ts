import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { MachineAdmission } from '../../src/scheduler/index.ts'
import { readMachineMemory } from '../../src/scheduler/machine-memory.ts'
import { ManualClock } from '../support/manual-clock.ts'

const mib = 1024 ** 2

function admission(memory: { total: number; available: number }, freeDisk = 10_000) {
  return new MachineAdmission({
    jobMemoryBytes: 512 * mib,
    memoryReserveBytes: 256 * mib,
    dataDir: '/data',
    diskReserveBytes: 512 * mib,
    readMemory: () =>
      Promise.resolve({ totalBytes: memory.total * mib, availableBytes: memory.available * mib }),
    readFreeDiskBytes: () => Promise.resolve(freeDisk * mib),
  })
}

describe('admission by the machine', () => {
  it('admits as many jobs as RAM holds at their limit, with a reserve', async () => {
    const small = admission({ total: 2048, available: 2048 })
    const verdicts = await Promise.all([0, 1, 2, 3].map((holding) => small.check(holding)))
    expect(verdicts.map(({ admitted }) => admitted)).toEqual([true, true, true, false])
  })

  it('admits none while others use the memory, and says how much is missing', async () => {
    const verdict = await admission({ total: 8192, available: 700 }).check(0)
    expect(verdict).toEqual({
      admitted: false,
      reason: '700 MiB of memory is free, 768 MiB is needed',
    })
  })

  it('looks once for the slots of a round, and again for the next', async () => {
    const clock = new ManualClock()
    let looks = 0
    const counted = new MachineAdmission({
      jobMemoryBytes: mib,
      memoryReserveBytes: 0,
      dataDir: '/data',
      diskReserveBytes: 0,
      readMemory: () => {
        looks += 1
        return Promise.resolve({ totalBytes: 100 * mib, availableBytes: 100 * mib })
      },
      readFreeDiskBytes: () => Promise.resolve(mib),
      clock,
    })
    for (const holding of [0, 1, 2, 3, 4]) await counted.check(holding)
    expect(looks).toBe(1)
    await clock.advance(250)
    await counted.check(0)
    expect(looks).toBe(2)
  })

  it('admits none while the disk is nearly full', async () => {
    const verdict = await admission({ total: 8192, available: 8192 }, 100).check(0)
    expect(verdict).toMatchObject({ admitted: false, reason: expect.stringContaining('disk') })
  })
})

describe('the memory of the machine', () => {
  async function machine(files: Readonly<Record<string, string>>) {
    const root = await mkdtemp(join(tmpdir(), 'machine-memory-'))
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), content)
    }
    return readMachineMemory({ proc: join(root, 'proc'), cgroup: join(root, 'cgroup') })
  }
  const meminfo = 'MemTotal:       8388608 kB\nMemFree: 1 kB\nMemAvailable:   4194304 kB\n'

  it('is what meminfo tells without a cgroup limit', async () => {
    const memory = await machine({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '0::/\n',
      'cgroup/memory.max': 'max\n',
    })
    expect(memory).toEqual({ totalBytes: 8192 * mib, availableBytes: 4096 * mib })
  })

  it('is the limit of a version 2 cgroup, with droppable page cache counted as free', async () => {
    const memory = await machine({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '0::/agent\n',
      'cgroup/agent/memory.max': `${1024 * mib}`,
      'cgroup/agent/memory.current': `${900 * mib}`,
      'cgroup/agent/memory.stat': `anon 5\ninactive_file ${300 * mib}\n`,
    })
    expect(memory).toEqual({ totalBytes: 1024 * mib, availableBytes: 424 * mib })
  })

  it('is the tightest limit from the own cgroup up to the root', async () => {
    const memory = await machine({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '0::/slice/agent\n',
      'cgroup/slice/agent/memory.max': 'max',
      'cgroup/slice/agent/memory.current': '1',
      'cgroup/slice/memory.max': `${2048 * mib}`,
      'cgroup/slice/memory.current': `${2000 * mib}`,
    })
    expect(memory).toEqual({ totalBytes: 2048 * mib, availableBytes: 48 * mib })
  })

  it('is the limit of a version 1 cgroup, also where the mount shows only our subtree', async () => {
    const memory = await machine({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '5:memory:/docker/abc\n0::/\n',
      'cgroup/memory/memory.limit_in_bytes': `${512 * mib}`,
      'cgroup/memory/memory.usage_in_bytes': `${100 * mib}`,
      'cgroup/memory/memory.stat': 'total_inactive_file 0\n',
    })
    expect(memory).toEqual({ totalBytes: 512 * mib, availableBytes: 412 * mib })
  })

  it('ignores the huge number that means no limit in version 1', async () => {
    const memory = await machine({
      'proc/meminfo': meminfo,
      'proc/self/cgroup': '5:memory:/\n',
      'cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'cgroup/memory/memory.usage_in_bytes': '1',
    })
    expect(memory.totalBytes).toBe(8192 * mib)
  })
})

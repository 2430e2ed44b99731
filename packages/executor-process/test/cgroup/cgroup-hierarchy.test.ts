import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { findCgroupHierarchy } from '../../src/cgroup/cgroup-hierarchy.ts'
import { planCgroup } from '../../src/cgroup/workload-cgroup.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'scalr-cgroup-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function file(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function machine(cgroup: string, mounts: string): void {
  file('proc/self/cgroup', cgroup)
  file('proc/self/mountinfo', mounts)
}

const memoryMount = '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n'
const cpuMount = '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n'
const unified = '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'
const yes = (): boolean => true

describe.runIf(process.platform === 'linux')('findCgroupHierarchy', () => {
  it('version 1: makes groups below the own group of each controller', () => {
    machine('4:memory:/agent\n1:cpu,cpuacct:/\n0::/\n', memoryMount + cpuMount)
    mkdirSync(join(root, 'sys/fs/cgroup/memory/agent'), { recursive: true })
    mkdirSync(join(root, 'sys/fs/cgroup/cpu'), { recursive: true })
    expect(findCgroupHierarchy({ root, mayMakeGroups: yes })).toEqual({
      version: 1,
      memory: join(root, 'sys/fs/cgroup/memory/agent'),
      cpu: join(root, 'sys/fs/cgroup/cpu'),
      cpuacct: join(root, 'sys/fs/cgroup/cpu'),
      ownProcs: join(root, 'sys/fs/cgroup/memory/agent/cgroup.procs'),
    })
  })

  it('version 1 in a container: cuts off what the mount does not show', () => {
    machine('4:memory:/docker/abc/sub\n', memoryMount.replace('0:32 /', '0:32 /docker/abc'))
    mkdirSync(join(root, 'sys/fs/cgroup/memory/sub'), { recursive: true })
    expect(findCgroupHierarchy({ root, mayMakeGroups: yes })).toMatchObject({
      memory: join(root, 'sys/fs/cgroup/memory/sub'),
    })
  })

  it('version 2: makes siblings of the own group, which holds processes', () => {
    machine('0::/system.slice/agent.service\n', unified)
    const slice = 'sys/fs/cgroup/system.slice'
    file(`${slice}/cgroup.subtree_control`, 'cpu memory pids\n')
    mkdirSync(join(root, slice, 'agent.service'))
    expect(findCgroupHierarchy({ root, mayMakeGroups: yes })).toEqual({
      version: 2,
      memory: join(root, slice),
      cpu: join(root, slice),
      ownProcs: join(root, slice, 'agent.service/cgroup.procs'),
    })
  })

  it('version 2: hands controllers down in a delegated group', () => {
    machine('0::/delegated\n', unified)
    file('sys/fs/cgroup/delegated/cgroup.subtree_control', '')
    // A plain file keeps what was written last, where the kernel would add it up.
    findCgroupHierarchy({ root, mayMakeGroups: yes })
    const control = join(root, 'sys/fs/cgroup/delegated/cgroup.subtree_control')
    expect(readFileSync(control, 'utf8')).toMatch(/^\+(?:cpu|memory)$/u)
  })

  it('finds none where groups cannot be made, or without any cgroup', () => {
    machine('4:memory:/\n', memoryMount)
    mkdirSync(join(root, 'sys/fs/cgroup/memory'), { recursive: true })
    expect(findCgroupHierarchy({ root, mayMakeGroups: () => false })).toBeUndefined()
    expect(findCgroupHierarchy({ root: join(root, 'nowhere') })).toBeUndefined()
  })
})

describe('planCgroup', () => {
  it('keeps agents with other data directories apart', () => {
    const hierarchy = { version: 1, memory: '/m' } as const
    const first = planCgroup(hierarchy, '/data/1', 'job')
    expect(first.memory).toMatch(/^\/m\/scalr-agent-[0-9a-f]{8}-job-/u)
    const second = planCgroup(hierarchy, '/data/2', 'job')
    expect(second.memory?.slice(0, 23)).not.toBe(first.memory?.slice(0, 23))
  })
})

import { readFileSync } from 'node:fs'

import type { RegisterRequest } from '../protocol/index.ts'

/** What an agent tells of its machine when it registers, in Scalr's words. */
export function machineFacts(): Pick<RegisterRequest, 'os' | 'runtime' | 'cpuPlatform'> {
  return { os: osName(), runtime: runtime(), cpuPlatform: cpuPlatform() }
}

/** Like `debian_12`; the platform's name where no os-release tells. */
function osName(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8')
    const value = (key: string): string | undefined =>
      new RegExp(`^${key}="?([^"\n]*)"?$`, 'mu').exec(text)?.[1]
    const name = [value('ID'), value('VERSION_ID')].filter(Boolean).join('_')
    return (name === '' ? process.platform : name).slice(0, 64)
  } catch {
    return process.platform
  }
}

function runtime(): RegisterRequest['runtime'] {
  try {
    const cgroup = readFileSync('/proc/self/cgroup', 'utf8')
    if (cgroup.includes('kubepods')) return 'kubernetes'
    if (cgroup.includes('docker') || cgroup.includes('containerd')) return 'docker'
  } catch {
    return 'unknown'
  }
  return 'vm'
}

function cpuPlatform(): RegisterRequest['cpuPlatform'] {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
  const platform = `${process.platform}_${arch}`
  switch (platform) {
    case 'linux_amd64':
    case 'linux_arm64':
    case 'darwin_amd64':
    case 'darwin_arm64':
      return platform
    default:
      return 'unknown'
  }
}

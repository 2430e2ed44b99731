import type { Finding } from '@scalr-agent/core'
import { z } from 'zod'

import type { Engine } from './connect-engine.ts'
import { checkWorkloadUrl } from './check-workload-url.ts'
import { findGateway } from './find-gateway.ts'
import { askEngine } from './make-docker.ts'
import { checkDisk } from './check-disk.ts'

const infoSchema = z.looseObject({
  Driver: z.string().default('unknown'),
  DockerRootDir: z.string().default('unknown'),
  MemoryLimit: z.boolean().default(false),
  CpuCfsQuota: z.boolean().default(false),
  PidsLimit: z.boolean().default(false),
  CgroupVersion: z.string().default('unknown'),
  LiveRestoreEnabled: z.boolean().default(false),
  SecurityOptions: z.array(z.string()).nullish(),
  Swarm: z.looseObject({ LocalNodeState: z.string().optional() }).optional(),
})
type Info = z.output<typeof infoSchema>

/** Looks at what workloads will need of the engine. Throws what dockerode throws when it does not answer. */
export async function checkEngine(
  engine: Engine,
  options: { readonly workloadUrl?: string | undefined; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const { signal, workloadUrl } = options
  const info = infoSchema.parse(await askEngine(engine.docker, 'info', signal))
  const findings = [
    reached(engine, info),
    checkLimits(info),
    checkLiveRestore(info),
    checkSecurity(info),
    await checkDisk(engine, info.DockerRootDir),
  ]
  if (workloadUrl === undefined) return findings
  return [...findings, checkWorkloadUrl(workloadUrl, await findGateway(engine.docker))]
}

function reached(engine: Engine, info: Info): Finding {
  return {
    id: 'docker.engine',
    level: 'ok',
    message: `Docker ${engine.engineVersion} answers at ${engine.address}, API ${engine.apiVersion}, storage ${info.Driver}, cgroup version ${info.CgroupVersion}.`,
  }
}

function checkLimits(info: Info): Finding {
  const id = 'docker.limits'
  const missing = [
    ...(info.MemoryLimit ? [] : ['memory']),
    ...(info.CpuCfsQuota ? [] : ['CPU']),
    ...(info.PidsLimit ? [] : ['processes']),
  ]
  if (missing.length === 0) {
    return { id, level: 'ok', message: 'The engine limits memory, CPU and processes.' }
  }
  return {
    id,
    level: 'warning',
    message: `The engine cannot limit ${missing.join(', ')}: one job can starve all others.`,
    remedy: isRootless(info)
      ? 'Delegate the controllers to the user of the rootless engine (https://docs.docker.com/engine/security/rootless/tips/#limiting-resources).'
      : "Enable the kernel's cgroup controllers `memory`, `cpu` and `pids`.",
  }
}

function checkLiveRestore(info: Info): Finding {
  const id = 'docker.live-restore'
  if (info.LiveRestoreEnabled) {
    return {
      id,
      level: 'ok',
      message: 'Jobs outlive a restart of the engine (live-restore is on).',
    }
  }
  const swarm = info.Swarm?.LocalNodeState === 'active'
  return {
    id,
    level: 'warning',
    message:
      'Live-restore is off: a restart of the engine, as in an update, ends running jobs. An apply then ends in the middle.',
    remedy: swarm
      ? 'A node of a swarm cannot have live-restore. Use an engine outside the swarm.'
      : 'Set `"live-restore": true` in /etc/docker/daemon.json and reload the engine (`systemctl reload docker`).',
  }
}

function checkSecurity(info: Info): Finding {
  const id = 'docker.security'
  const options = optionNames(info)
  const facts = [
    ...(isRootless(info) ? ['rootless'] : []),
    ...(options.includes('userns') ? ['user namespaces'] : []),
    ...options.filter((name) => ['seccomp', 'apparmor', 'selinux'].includes(name)),
  ]
  if (!options.includes('seccomp')) {
    return {
      id,
      level: 'warning',
      message: `The engine filters no system calls${facts.length === 0 ? '' : ` (it has: ${facts.join(', ')})`}.`,
      remedy: 'Run an engine with its default seccomp profile.',
    }
  }
  return { id, level: 'ok', message: `The engine isolates by ${facts.join(', ')}.` }
}

function isRootless(info: Info): boolean {
  return optionNames(info).includes('rootless')
}

/** Of entries like `name=seccomp,profile=default`. */
function optionNames(info: Info): readonly string[] {
  return (info.SecurityOptions ?? []).map((option) => /name=([^,]+)/u.exec(option)?.[1] ?? option)
}

import type { WorkloadSpec } from '@scalr-agent/core'
import {
  attemptOf,
  jobDirectory,
  ownPaths,
  parseUser,
  supervisorArguments,
  type UnixUser,
} from '@scalr-agent/core/container'
import type { ContainerCreateOptions, MountSettings } from 'dockerode'

import type { ResolvedDockerExecutorOptions } from '../docker-executor-options.ts'
import { labelNames, toLabels } from './labels.ts'

/** The options that decide what a container is like. */
export type ContainerOptions = Pick<
  ResolvedDockerExecutorOptions,
  | 'dns'
  | 'extraHosts'
  | 'log'
  | 'network'
  | 'outputLimitBytes'
  | 'pidsLimit'
  | 'root'
  | 'tmpBytes'
  | 'ulimits'
  | 'user'
>

/** What a package manager needs; an agent without `root` leaves none. */
const rootCapabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETGID', 'SETUID']

export function containerName(id: string): string {
  return `scalr-agent-${id}`
}

/** As whom the workload runs. */
export function userOf(spec: WorkloadSpec, options: ContainerOptions): UnixUser {
  const text = spec.user ?? options.user ?? (options.root ? '0:0' : '1000:1000')
  const user = parseUser(text)
  if (user === undefined) throw new TypeError(`The user ${text} was not checked.`)
  return user
}

/**
 * The container of a workload, as the engine is asked for it. Pure. No secret stands in it: whoever may
 * inspect a container sees all of this.
 */
export function containerSpec(
  spec: WorkloadSpec,
  options: ContainerOptions,
  also: { readonly image: string; readonly launcher: string },
): ContainerCreateOptions & { readonly name: string } {
  const { memoryBytes, cpus } = spec.resources
  const { uid, gid } = userOf(spec, options)
  const network = spec.network ?? options.network
  const ownsNetwork = network !== 'host' && !network.startsWith('container:')
  return {
    name: containerName(spec.id),
    Image: also.image,
    User: `${uid}:${gid}`,
    WorkingDir: jobDirectory,
    // An image's own entrypoint and health check are for what the image was made for.
    Entrypoint: ['/bin/sh'],
    Cmd: [
      ...supervisorArguments({
        argv: spec.argv,
        env: spec.env,
        secretEnv: spec.secretEnv,
        outputLimitBytes: options.outputLimitBytes,
        deadlineMs: spec.deadlineMs,
      }),
    ],
    Healthcheck: { Test: ['NONE'] },
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...toLabels(spec, { launcher: also.launcher, outputLimitBytes: options.outputLimitBytes }),
    },
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: {
      ReadonlyRootfs: !options.root,
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: options.root ? rootCapabilities : [],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: options.pidsLimit,
      Ulimits: options.ulimits.map(({ name, soft, hard }) => ({
        Name: name,
        Soft: soft,
        Hard: hard,
      })),
      // Swap off: what passes the limit ends instead of crawling.
      ...(memoryBytes === undefined
        ? {}
        : { Memory: Math.floor(memoryBytes), MemorySwap: Math.floor(memoryBytes) }),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      // Hooks install programs into /tmp, so it is not `noexec`.
      Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${options.tmpBytes}` },
      Mounts: [
        jobVolume(spec, ownPaths.root, also.launcher, 'own'),
        jobVolume(spec, jobDirectory, also.launcher, 'job'),
        jobVolume(spec, ownPaths.job, also.launcher, 'job'),
        ...spec.caches.map(cacheMount),
      ],
      NetworkMode: network,
      ...(ownsNetwork && network !== 'none'
        ? { ExtraHosts: [...options.extraHosts], Dns: [...options.dns] }
        : {}),
      LogConfig: { Type: options.log.driver, Config: options.log.options },
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      Init: false,
      IpcMode: 'private',
    },
  }
}

/**
 * Both have a name and labels: a container that is removed by hand leaves its volumes, and so they are found.
 * What the image has below /opt is copied into the job's, so that its tools are found there.
 */
function jobVolume(
  spec: WorkloadSpec,
  target: string,
  launcher: string,
  purpose: 'own' | 'job',
): MountSettings {
  return {
    Type: 'volume',
    // A name of this attempt: nothing that was left behind is ever found again.
    Source: `${containerName(spec.id)}.${attemptOf(launcher)}.${purpose}`,
    Target: target,
    VolumeOptions: {
      NoCopy: target !== jobDirectory,
      Labels: { [labelNames.workload]: spec.id, [labelNames.agentId]: spec.agentId },
      DriverConfig: { Name: 'local', Options: {} },
    },
  }
}

function cacheMount({
  name,
  source,
}: {
  readonly name: string
  readonly source: string
}): MountSettings {
  // `bind` in this form is refused when the source does not exist, instead of being made.
  return { Type: 'bind', Source: source, Target: `${jobDirectory}/caches/${name}`, ReadOnly: true }
}

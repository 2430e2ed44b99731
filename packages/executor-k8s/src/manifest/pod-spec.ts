import type { V1Container, V1PodSpec, V1Volume } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'
import { jobDirectory, ownPaths } from '@scalr-agent/core/container'

import type { MountedCaches } from './cache-volume.ts'
import { escapeDollars } from './escape-dollars.ts'
import type { ManifestOptions } from './manifest-options.ts'
import { containerNames, ownVolumes } from './own-names.ts'
import { podResources } from './pod-resources.ts'
import { containerSecurity, podSecurity, userOf } from './pod-security.ts'
import { bytesQuantity } from './quantities.ts'
import type { ServerFeatures } from './server-features.ts'

/** Most patience that a soft interrupt may take before the companion's own time begins. */
const interruptMs = 10 * 60_000

/** A program with its arguments, as it shall arrive: dollars are escaped here. */
export type Command = readonly [string, ...string[]]

/** What the containers of a pod run. */
export interface PodCommands {
  /** Of `main`: waits until all is laid in, then becomes the supervisor. */
  readonly main: Command
  /** Of `main` before it is stopped from outside; the pod waits for its end. */
  readonly preStop: Command
  /** Of the companion that keeps files and output. */
  readonly keeper: Command
}

/** The pod of a workload. Pure. No secret stands in it: whoever may read pods sees all of this. */
export function podSpec(
  spec: WorkloadSpec,
  options: ManifestOptions,
  also: {
    readonly image: string
    readonly features: ServerFeatures
    readonly commands: PodCommands
    readonly caches: MountedCaches
  },
): V1PodSpec {
  const { template } = options
  const { caches, commands, features } = also
  const shared = { image: also.image, imagePullPolicy: options.imagePullPolicy }
  const main: V1Container = {
    ...shared,
    name: containerNames.main,
    ...commandOf(commands.main),
    workingDir: jobDirectory,
    env: Object.entries(spec.env).map(([name, value]) => ({ name, value: escapeDollars(value) })),
    resources: podResources(spec.resources, options.requests),
    securityContext: containerSecurity(options, !options.root),
    // Nothing is expanded in the commands of handlers.
    lifecycle: { preStop: { exec: { command: [...commands.preStop] } } },
    terminationMessagePolicy: 'File',
    volumeMounts: [
      { name: ownVolumes.own, mountPath: ownPaths.root },
      { name: ownVolumes.job, mountPath: jobDirectory },
      // Hooks install programs there.
      { name: ownVolumes.tmp, mountPath: '/tmp' },
      ...caches.mounts,
      ...template.volumeMounts,
    ],
  }
  const keeper = keeperContainer(options, commands.keeper, shared, features.sidecars)
  return {
    ...(features.sidecars
      ? { initContainers: [keeper], containers: [main] }
      : { containers: [main, keeper] }),
    restartPolicy: 'Never',
    // Whoever deletes the pod waits until its files were collected, or their time is over.
    terminationGracePeriodSeconds: Math.ceil((interruptMs + options.keepMs) / 1000),
    securityContext: podSecurity(userOf(spec, options)),
    automountServiceAccountToken: template.automountServiceAccountToken,
    enableServiceLinks: false,
    nodeSelector: { 'kubernetes.io/os': 'linux', ...template.nodeSelector },
    volumes: [
      emptyDir(ownVolumes.own),
      emptyDir(ownVolumes.job),
      emptyDir(ownVolumes.tmp, options.tmpBytes),
      ...caches.volumes,
      ...template.volumes,
    ],
    ...chosenByTemplate(template),
  }
}

/** Of the same image as the main container: a shell and `tar` are all it needs. */
function keeperContainer(
  options: ManifestOptions,
  command: Command,
  shared: Pick<V1Container, 'image' | 'imagePullPolicy'>,
  isSidecar: boolean,
): V1Container {
  return {
    ...shared,
    name: containerNames.keeper,
    ...commandOf(command),
    workingDir: ownPaths.root,
    resources: {
      limits: { cpu: '1', memory: '128Mi' },
      requests: { cpu: '10m', memory: '32Mi' },
    },
    securityContext: containerSecurity(options, true),
    volumeMounts: [
      { name: ownVolumes.own, mountPath: ownPaths.root },
      { name: ownVolumes.job, mountPath: ownPaths.job },
    ],
    ...(isSidecar ? { restartPolicy: 'Always' } : {}),
  }
}

/** No image's own entrypoint is used: it is for what the image was made for. */
function commandOf([program, ...rest]: Command): Pick<V1Container, 'args' | 'command'> {
  return { command: [escapeDollars(program)], args: rest.map(escapeDollars) }
}

function emptyDir(name: string, sizeBytes?: number): V1Volume {
  return {
    name,
    emptyDir: sizeBytes === undefined ? {} : { sizeLimit: bytesQuantity(sizeBytes) },
  }
}

function chosenByTemplate(template: ManifestOptions['template']): Partial<V1PodSpec> {
  const { affinity, imagePullSecrets, priorityClassName, runtimeClassName } = template
  const { serviceAccountName, tolerations } = template
  return {
    ...(tolerations.length === 0 ? {} : { tolerations }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
  }
}

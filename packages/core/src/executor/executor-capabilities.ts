/** What an executor can do on this machine, now. Drives the kit's skips and the agent's choices. */
export interface ExecutorCapabilities {
  /** `none`: workloads share the agent's file system and network; `container`: they have their own. */
  readonly isolation: 'none' | 'container'
  /** Whether workloads take memory and disk of the agent's machine; admission goes by it. */
  readonly usesThisMachine: boolean
  /** Whether `spec.image` chooses the file system. */
  readonly images: boolean
  /** Whether `resources.memoryBytes` is enforced, and ends as `out-of-memory`. */
  readonly memoryLimit: boolean
  /** Whether `resources.cpus` is enforced. */
  readonly cpuLimit: boolean
  /** Whether `spec.user` is honoured. */
  readonly user: boolean
  /** Whether workloads outlive the process that launched them and can be attached to (I1). */
  readonly adoption: boolean
  /** Whether `usage()` tells numbers. */
  readonly usage: boolean
  /** Whether caches are mounted read-only. */
  readonly caches: boolean
}

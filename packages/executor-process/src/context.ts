import type { Clock, Logger } from '@scalr-agent/core'
import type { UnixUser } from '@scalr-agent/core/container'

import type { CgroupHierarchy } from './cgroup/cgroup-hierarchy.ts'
import type { DataDirectory } from './data-directory.ts'
import type { DirectoryLock } from './directory-lock.ts'

/** What the parts of one executor share. Nothing in it is the state of a workload. */
export interface ProcessContext {
  readonly directory: DataDirectory
  readonly lock: DirectoryLock
  readonly clock: Clock
  readonly logger: Logger
  readonly defaultUser: UnixUser | undefined
  /** Looked for on first use, since construction does no I/O. */
  cgroups(): CgroupHierarchy | undefined
}

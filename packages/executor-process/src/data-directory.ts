import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The places of one workload. All that is known of it lies here, so that any process can take over.
 *
 * What the workload's own user writes (`run/`) is kept apart from what only the agent writes, since a
 * workload may run as another user than the agent and must not be able to mislead it.
 */
export interface WorkloadPaths {
  readonly id: string
  readonly root: string
  /** {@link WorkloadRecord}: who it is and who launches it. There from the first moment. */
  readonly record: string
  /** {@link ProcessesRecord}: written before the main process may start. */
  readonly processes: string
  /** Standard output and error. */
  readonly output: string
  /** Files being unpacked, before they become the job directory. */
  readonly staging: string
  /** The job directory after another workload took over its place. */
  readonly retired: string
  /** Intents and verdicts, see `records.ts`. */
  readonly soft: string
  readonly hard: string
  readonly killed: string
  readonly ended: string
  /** Written by the supervisor and its children, maybe as another user. */
  readonly run: string
  readonly main: string
  readonly exit: string
  readonly exitDraft: string
  readonly deadline: string
}

/** Layout of an executor's data directory. */
export class DataDirectory {
  readonly root: string
  readonly workloads: string
  /** The job directories: `work/<spec.directory>`. */
  readonly work: string
  /** Symbolic links `owners/<spec.directory>` → workload id. */
  readonly owners: string
  readonly locks: string
  /** Workloads being described, before they are moved into place. */
  readonly drafts: string
  /** What is to be deleted; anybody may, at any time. */
  readonly trash: string

  constructor(root: string) {
    this.root = root
    this.workloads = join(root, 'workloads')
    this.work = join(root, 'work')
    this.owners = join(root, 'owners')
    this.locks = join(root, 'locks')
    this.drafts = join(root, 'drafts')
    this.trash = join(root, 'trash')
  }

  /** Creates what is missing. 0711 lets a workload of another user reach its own directory by name. */
  async create(): Promise<void> {
    // Made last: where it is, all of them are.
    if (await exists(this.trash)) return
    await mkdir(this.root, { recursive: true, mode: 0o711 })
    await Promise.all([
      mkdir(this.workloads, { recursive: true, mode: 0o711 }),
      mkdir(this.work, { recursive: true, mode: 0o711 }),
      mkdir(this.owners, { recursive: true, mode: 0o700 }),
      mkdir(this.locks, { recursive: true, mode: 0o700 }),
      mkdir(this.drafts, { recursive: true, mode: 0o700 }),
    ])
    await mkdir(this.trash, { recursive: true, mode: 0o700 })
  }

  workload(id: string): WorkloadPaths {
    return workloadPaths(id, join(this.workloads, id))
  }

  jobDirectory(directory: string): string {
    return join(this.work, directory)
  }

  owner(directory: string): string {
    return join(this.owners, directory)
  }
}

/** The same places below another root: a workload is made complete before it is moved into place. */
export function workloadPaths(id: string, root: string): WorkloadPaths {
  const run = join(root, 'run')
  return {
    id,
    root,
    record: join(root, 'workload.json'),
    processes: join(root, 'processes.json'),
    output: join(root, 'output'),
    staging: join(root, 'staging'),
    retired: join(root, 'job'),
    soft: join(root, 'soft'),
    hard: join(root, 'hard'),
    killed: join(root, 'killed'),
    ended: join(root, 'ended.json'),
    run,
    main: join(run, 'main'),
    exit: join(run, 'exit'),
    exitDraft: join(run, 'exit.draft'),
    deadline: join(run, 'deadline'),
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The job directory inside of every container: a volume of its own. */
export const jobDirectory = '/opt'

/** Where Kubernetes looks for the last words of a container, unless told otherwise. */
export const terminationLog = '/dev/termination-log'

/**
 * Our own files, in a volume of their own. `run/` holds small ones alone, so that all of them are read at
 * once. `private/` is empty once the main process runs.
 */
export const ownPaths = {
  root: '/.scalr-agent',
  /** Standard output and error in one. */
  output: '/.scalr-agent/output',
  /** Read and removed before the main process starts. */
  secrets: '/.scalr-agent/private/secrets',
  /** A word that the supervisor alone knows, once it has read and removed it; see `marks.sealed`. */
  seal: '/.scalr-agent/private/seal',
  run: '/.scalr-agent/run',
  /**
   * The job directory once more. The engine gives a volume to root, and unpacks no owner for the directory
   * that it unpacks into; but it does for one below, and with a read-only root this is how to be below.
   */
  job: '/.scalr-agent/job',
} as const

/** Names in `run/`. */
export const marks = {
  /** Pid of the main process inside of the container: it was started. */
  main: 'main',
  /** Exit code of the main process, before all of its output was written. */
  code: 'code',
  /** The exit record: written last, proof of an exit (I2). */
  exit: 'exit',
  exitDraft: 'exit.draft',
  /**
   * The seal and the exit record, written before `exit`: by the supervisor, since a job can write whatever it likes, but
   * knows no seal. For engines that do not tell how the container itself ended.
   */
  sealed: 'sealed',
  /** Directories that whoever makes them sends the signal (I8). */
  soft: 'soft',
  hard: 'hard',
  /** SIGKILL was on its way by our will. */
  killed: 'killed',
  /** The deadline ended it. */
  deadline: 'deadline',
  /** Its output passed the limit. */
  over: 'over',
  /** An outcome: whoever starts this container will end at once without a main process. */
  notStarted: 'not-started',
  /** Pid of the process that writes the output. */
  copier: 'copier',
} as const

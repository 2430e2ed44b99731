/** The job directory inside of every container. */
export const jobDirectory = '/opt'

/** Name of our own part of the job directory; job files may not use it, and it is never given out. */
export const ownName = '.scalr-agent'

/**
 * Our own files, in the volume of the job directory. `run/` holds small ones alone, so that all of them
 * are read at once.
 */
export const ownPaths = {
  root: `${jobDirectory}/${ownName}`,
  /** Standard output and error in one. */
  output: `${jobDirectory}/${ownName}/output`,
  /** Read and removed before the main process starts. */
  secrets: `${jobDirectory}/${ownName}/secrets`,
  run: `${jobDirectory}/${ownName}/run`,
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

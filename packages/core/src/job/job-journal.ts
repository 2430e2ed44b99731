import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ProtocolError } from '../errors/index.ts'
import { writeFileAtomic, syncDirectory } from '../runtime/index.ts'
import { jobRecordSchema, jobSteps, type JobRecord, type JobStep } from './job-record.ts'

/** What a job that filled the disk needs to be reported: journal, end of the log, a state that was left. */
const reserveBytes = 1024 ** 2

/**
 * The journal of one job on disk: `jobs/<id>/journal.json`, replaced as a whole and synced before each
 * effect. One writer: the job's runner.
 */
export class JobJournal {
  /** `jobs/<id>`: journal, downloaded files, log spool, results. */
  readonly directory: string
  #record: JobRecord
  #writing: Promise<void> = Promise.resolve()
  #removed = false
  /** The directory's own entry; nothing counts as written before it is durable. */
  #entry: Promise<void> = Promise.resolve()
  #reserving: Promise<void> = Promise.resolve()

  private constructor(directory: string, record: JobRecord) {
    this.directory = directory
    this.#record = record
  }

  get record(): JobRecord {
    return this.#record
  }

  /**
   * Starts the journal of a job that was just assigned; replaces one of an older fencing token.
   *
   * When this resolves, the journal survives the end of this process, so that the job may be accepted
   * (I7). It survives a power failure from the first `update` on, which comes before anything is
   * launched: the disk's time and that of the accept overlap.
   */
  static async create(jobsDirectory: string, record: JobRecord): Promise<JobJournal> {
    const journal = new JobJournal(join(jobsDirectory, record.jobId), record)
    await rm(journal.directory, { recursive: true, force: true })
    await mkdir(journal.directory, { recursive: true, mode: 0o700 })
    await writeFile(journal.#path, journal.#content, { mode: 0o600 })
    journal.#entry = syncDirectory(jobsDirectory)
    // The first update tells of it.
    journal.#entry.catch(() => {})
    // Nobody waits for it: without it the job is no worse off. Random, since some disks compress.
    journal.#reserving = writeFile(journal.#reserve, randomBytes(reserveBytes)).catch(() => {})
    return journal
  }

  /**
   * Every journal that an earlier process left. A directory without a readable journal is a job that
   * had no effect yet, or a damaged disk: it is handed to `onUnreadable`.
   */
  static async openAll(
    jobsDirectory: string,
    onUnreadable: (directory: string, error: unknown) => void,
  ): Promise<readonly JobJournal[]> {
    await mkdir(jobsDirectory, { recursive: true, mode: 0o700 })
    const journals: JobJournal[] = []
    for (const entry of await readdir(jobsDirectory, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const directory = join(jobsDirectory, entry.name)
      try {
        journals.push(new JobJournal(directory, await readRecord(directory)))
      } catch (error) {
        onUnreadable(directory, error)
      }
    }
    return journals
  }

  /** Whether the effect that follows `step` may have begun. */
  reached(step: JobStep): boolean {
    return jobSteps.indexOf(this.#record.step) >= jobSteps.indexOf(step)
  }

  /**
   * Changes the record and resolves once it is on disk. Concurrent updates become one write each, in order.
   * Once the journal is being removed nothing is written any more.
   */
  update(change: Partial<JobRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change }
    const written = this.#writing.catch(() => {}).then(() => this.#write())
    this.#writing = written
    return written
  }

  /** Changes the record in memory; it reaches the disk with the next `update`. */
  note(change: Partial<JobRecord>): void {
    this.#record = { ...this.#record, ...change }
  }

  /**
   * Gives back the space that was kept for a full disk, once the workload has ended and cannot fill that
   * too: else a job that filled the disk could never be reported, and its files never go.
   */
  async useReserve(): Promise<void> {
    await this.#reserving
    await rm(this.#reserve, { force: true })
  }

  /** Removes the journal and everything of the job beside it. */
  async remove(): Promise<void> {
    this.#removed = true
    await this.#writing.catch(() => {})
    await this.#reserving
    await rm(this.directory, { recursive: true, force: true })
  }

  async #write(): Promise<void> {
    // A heartbeat's answer may come in late; it must not write into a directory that is being removed.
    if (this.#removed) return
    await this.#entry
    await writeFileAtomic(this.#path, this.#content)
  }

  get #path(): string {
    return join(this.directory, 'journal.json')
  }

  get #reserve(): string {
    return join(this.directory, 'reserve')
  }

  get #content(): string {
    return `${JSON.stringify(this.#record)}\n`
  }
}

async function readRecord(directory: string): Promise<JobRecord> {
  const path = join(directory, 'journal.json')
  const parsed = jobRecordSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ProtocolError(
    `Cannot read the journal ${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
    { code: 'INVALID_RECORD', cause: parsed.error },
  )
}

import { constants, type Stats } from 'node:fs'
import { open, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { parseExitRecord, type ExitRecord } from '@scalr-agent/core/container'
import { z } from 'zod'

import { processError, unless } from './process-error.ts'
import { processIdentitySchema } from './process-identity.ts'

const cgroupRecordSchema = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  /** Directories of this workload's groups; in version 2 all are the same. */
  memory: z.string().optional(),
  cpu: z.string().optional(),
  cpuacct: z.string().optional(),
})
export type CgroupRecord = z.infer<typeof cgroupRecordSchema>

/** What is known of a workload from the first moment. Holds no environment and no files: no secret. */
export const workloadRecordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  agentId: z.string(),
  directory: z.string(),
  labels: z.record(z.string(), z.string()),
  createdAt: z.string(),
  launcher: processIdentitySchema,
  user: z.object({ uid: z.int(), gid: z.int() }).optional(),
  memoryBytes: z.number().optional(),
  cpus: z.number().optional(),
  deadlineMs: z.number().optional(),
  cgroup: cgroupRecordSchema.optional(),
})
export type WorkloadRecord = z.infer<typeof workloadRecordSchema>

/** The processes that prove that a workload runs. Written before the main process may start. */
export const processesRecordSchema = z.object({
  version: z.literal(1),
  supervisor: processIdentitySchema,
  main: processIdentitySchema,
})
export type ProcessesRecord = z.infer<typeof processesRecordSchema>

/** A verdict that was reached without an exit record; written once, so that it never changes. */
export const endedRecordSchema = z.object({
  version: z.literal(1),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('signaled'), signal: z.string() }),
    z.object({ kind: z.literal('deadline'), deadlineMs: z.number() }),
    z.object({ kind: z.literal('lost'), evidence: z.string() }),
    z.object({
      kind: z.literal('not-started'),
      cause: z.enum(['start-timeout', 'rejected']),
      evidence: z.string(),
    }),
  ]),
})
export type EndedRecord = z.infer<typeof endedRecordSchema>

const maxRecordBytes = 1024 * 1024

/** Reads a record that must not be a link, since a workload may own the directory. */
async function readRecordText(path: string): Promise<string | undefined> {
  return await unless(['ENOENT', 'ENOTDIR'], async () => {
    const handle = await open(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    try {
      const stats: Stats = await handle.stat()
      if (!stats.isFile() || stats.size > maxRecordBytes) return ''
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  })
}

/**
 * Reads a JSON record of the agent's own.
 * @throws `ENGINE_FAILURE` when it is there but damaged: guessing could run a job twice.
 */
export async function readRecord<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readRecordText(path)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw processError(
    'ENGINE_FAILURE',
    'read',
    `Cannot use the record ${path}: it is damaged. Make sure that none of its processes runs, then ` +
      `remove ${dirname(path)}.`,
    parsed.error,
  )
}

/** Writes a record so that it is there whole or not at all, also after a power cut. */
export async function writeRecord(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.draft`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(value)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, path)
}

/** Makes an empty mark; `false` when it was there before. Whoever makes it may act on it, once. */
export async function makeMark(path: string): Promise<boolean> {
  const made = await unless(['EEXIST'], async () => {
    const handle = await open(path, 'wx', 0o600)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    return true
  })
  return made === true
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  // Not every file system knows fsync of a directory; the rename itself is atomic all the same.
  await unless(['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'], async () => {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

/**
 * Space for the exit record is taken before the start: the supervisor overwrites it in place, which
 * works on a full disk as well.
 */
export async function reserveExitRecord(path: string): Promise<void> {
  await writeFile(path, `${' '.repeat(127)}\n`, { mode: 0o600, flag: 'wx' })
}

/** `undefined` when there is none, `'damaged'` when it is there and proves nothing. */
export async function readExitRecord(path: string): Promise<ExitRecord | 'damaged' | undefined> {
  const text = await readRecordText(path).catch(() => '')
  return text === undefined ? undefined : (parseExitRecord(text) ?? 'damaged')
}

/** Whether the main process was let go: its wrapper wrote its pid just before it became argv. */
export async function wasStarted(path: string): Promise<boolean> {
  const text = await readRecordText(path).catch(() => undefined)
  return text !== undefined && /^\d+\n/u.test(text)
}

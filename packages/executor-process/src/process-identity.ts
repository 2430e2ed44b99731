import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

import { z } from 'zod'

const run = promisify(execFile)

/** A process for ever: a pid alone may be given to another process after its end. */
export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  /** Start time as the system tells it: clock ticks since boot on Linux, a date elsewhere. */
  startTime: z.string(),
  /** Changes with every boot of the machine; empty where the system has none. */
  bootId: z.string(),
})

export type ProcessIdentity = z.infer<typeof processIdentitySchema>

/** One line of the process table. */
export interface ProcessEntry {
  readonly pid: number
  readonly state: string
  readonly group: number
  readonly session: number
  readonly startTime: string
  /** Time in user and kernel mode, in clock ticks. */
  readonly cpuTicks: number
  readonly residentPages: number
}

export const hasProc = process.platform === 'linux'

/** The process of that pid, or `undefined` when there is none or only a zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (hasProc) {
    const entry = readProcessEntry(pid)
    return entry && { pid, startTime: entry.startTime, bootId: currentBootId() }
  }
  const table = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(
    () => undefined,
  )
  const match = /^(\S+)\s+(.+?)\s*$/u.exec(table?.stdout ?? '')
  if (match === null || match[1]?.startsWith('Z') === true) return undefined
  return { pid, startTime: match[2] ?? '', bootId: '' }
}

/** Whether exactly that process still runs. */
export async function isSameProcess(identity: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(identity.pid)
  return now?.startTime === identity.startTime && now.bootId === identity.bootId
}

/** The calling process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const identity = await identifyProcess(process.pid)
  return identity ?? { pid: process.pid, startTime: '', bootId: currentBootId() }
}

/** Reading /proc touches no disk, so doing it synchronously costs microseconds. */
export function readProcessEntry(pid: number): ProcessEntry | undefined {
  let line: string
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  return parseProcessStat(pid, line)
}

/** `pid (comm) state ppid pgrp session …`; comm may hold blanks and parentheses. */
export function parseProcessStat(pid: number, line: string): ProcessEntry | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  if (state === undefined || 'ZXx'.includes(state)) return undefined
  return {
    pid,
    state,
    group: Number(fields[2]),
    session: Number(fields[3]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    startTime: fields[19] ?? '',
    residentPages: Number(fields[21]),
  }
}

export function currentBootId(): string {
  if (!hasProc) return ''
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return ''
  }
}

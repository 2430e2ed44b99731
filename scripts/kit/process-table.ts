import { readdir, readFile } from 'node:fs/promises'

/** One process of this machine. */
export interface TableEntry {
  readonly pid: number
  readonly session: number
  readonly commandLine: string
}

/** Every process of this machine that is no zombie. */
export async function readProcessTable(): Promise<readonly TableEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))
  const entries = await Promise.all(pids.map(async (pid) => await readEntry(Number(pid))))
  return entries.filter((entry) => entry !== undefined)
}

async function readEntry(pid: number): Promise<TableEntry | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // After the name in brackets: state, parent, group, session.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return { pid, session: Number(fields[3]), commandLine: commandLine.replaceAll('\0', ' ') }
  } catch {
    // It ended meanwhile.
    return undefined
  }
}

import { marks } from './layout.ts'

/** The small files of `run/`, by name. Directories have the content ''. */
export type Marks = ReadonlyMap<string, string>

/** What the workload's side wrote down last. */
export interface ExitRecord {
  readonly exitCode: number
  /** Length of the output; `undefined` where it could not be told. */
  readonly outputBytes: number | undefined
  readonly oomKills: number
  readonly peakBytes: number | undefined
}

/** Reads `exit 1 <code> <output bytes> <oom kills> <peak bytes> end`. `undefined` for less than a whole one. */
export function parseExitRecord(text: string): ExitRecord | undefined {
  const match = /^exit 1 (\d{1,3}) (\d{1,16}|-) (\d{1,9}|-) (\d{1,20}|-) end *\n/u.exec(text)
  if (match === null) return undefined
  const exitCode = Number(match[1])
  if (exitCode > 255) return undefined
  return {
    exitCode,
    outputBytes: numberOrNone(match[2]),
    oomKills: numberOrNone(match[3]) ?? 0,
    peakBytes: numberOrNone(match[4]),
  }
}

/** The exit record among the marks of a workload, where it has one. */
export function exitRecordOf(found: Marks): ExitRecord | undefined {
  return parseExitRecord(found.get(marks.exit) ?? '')
}

/**
 * Reads what the supervisor copied to Kubernetes' termination log: the exit record, and the names of the
 * marks that explain it. Nothing at all when it is not whole: a job can write there, too, and whoever
 * reads it holds it against the exit code of the container.
 */
export function parseTerminationMessage(message: string): Marks {
  const [record, names] = message.split('\n')
  const found = new Map([[marks.exit as string, `${record}\n`]])
  const [word, ...explaining] = names?.split(' ') ?? []
  if (exitRecordOf(found) === undefined || word !== 'marks') return new Map()
  // What has an exit record was started.
  found.set(marks.main, '')
  for (const name of explaining) if (explainingMarks.has(name)) found.set(name, '')
  return found
}

function numberOrNone(text: string | undefined): number | undefined {
  return text === undefined || text === '-' ? undefined : Number(text)
}

const explainingMarks: ReadonlySet<string> = new Set([marks.killed, marks.deadline, marks.over])

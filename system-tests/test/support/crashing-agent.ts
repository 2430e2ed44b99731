import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  Agent,
  exitCodeFor,
  HttpControlPlane,
  optionsFromEnv,
  type LogFields,
  type Logger,
} from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'

/**
 * An agent daemon that kills itself, as `kill -9` would, at one edge of a job: before or after the nth
 * call of a method. `CRASH_AT` is `<phase> <part>.<method>:<n>:before|after`.
 */
const crashAt = /^(?<phase>plan|apply) (?<call>[\w.]+):(?<nth>\d+):(?<when>before|after)$/u.exec(
  process.env['CRASH_AT'] ?? '',
)?.groups
if (crashAt === undefined) throw new Error('CRASH_AT is missing or malformed')

const log = (fields: LogFields, message: string): void => {
  const error = fields['err']
  const text = error instanceof Error ? ` ${error.stack}` : ''
  process.stdout.write(`${message} ${JSON.stringify(fields)}${text}\n`)
}
const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger }

type Phase = string | undefined
type Method = (...parameters: unknown[]) => unknown

const options = optionsFromEnv()
const dataDir = options.dataDir ?? ''
let calls = 0

/** The object with every method counted; what a method gives may be watched in turn. */
function watched<T extends object>(
  part: string,
  target: T,
  about: (parameters: readonly unknown[], result: unknown) => Phase,
  wrap: (method: string, result: unknown, parameters: readonly unknown[]) => unknown = (_, it) =>
    it,
): T {
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      const method = value as Method
      const matches = (parameters: readonly unknown[], result: unknown): boolean =>
        `${part}.${key}` === crashAt?.['call'] && about(parameters, result) === crashAt['phase']
      return (...parameters: unknown[]) => {
        const counted = crashAt?.['when'] === 'before' && matches(parameters, undefined)
        if (counted) crash()
        const result = method.apply(target, parameters)
        if (!(result instanceof Promise)) return result
        return result.then((answer: unknown) => {
          if (crashAt?.['when'] === 'after' && matches(parameters, answer)) crash()
          return wrap(key, answer, parameters)
        })
      }
    },
  })
}

function crash(): void {
  calls += 1
  if (calls === Number(crashAt?.['nth'])) process.kill(process.pid, 'SIGKILL')
}

/** By the journals: a workload says nothing of its phase. */
function phaseOfWorkload(id: unknown): Phase {
  for (const name of readdirSync(join(dataDir, 'jobs'))) {
    const record = readJournal(name)
    if (record?.workloadId === id) return record?.phase
  }
  return undefined
}

function readJournal(
  name: string,
): { readonly workloadId?: string; readonly phase?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'jobs', name, 'journal.json'), 'utf8')) as object
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

const phaseField = (value: unknown): Phase => field(value, 'phase') as Phase

function watchedWorkload(workload: unknown): unknown {
  if (typeof workload !== 'object' || workload === null) return workload
  return watched('workload', workload, () => phaseOfWorkload(field(workload, 'id')))
}

const executor = watched(
  'executor',
  new ProcessExecutor({ dataDir }),
  ([first]) => phaseOfWorkload(typeof first === 'string' ? first : field(first, 'id')),
  (method, result) =>
    method === 'launch' || method === 'attach' ? watchedWorkload(result) : result,
)

function watchedSession(session: object): object {
  return watched(
    'session',
    session,
    ([first], result) => phaseField(first) ?? phaseField(field(result, '0')),
    (method, result, [job]) =>
      method === 'start'
        ? {
            spec: field(result, 'spec'),
            job: watched('job', field(result, 'job') as object, () => phaseField(job)),
          }
        : result,
  )
}

const controlPlane = watched(
  'controlPlane',
  new HttpControlPlane({ url: options.url ?? '', token: options.token ?? '' }),
  () => undefined,
  (method, result) => (method === 'register' ? watchedSession(result as object) : result),
)

try {
  const agent = new Agent(
    {
      ...options,
      dataDir,
      token: options.token ?? '',
      executor,
      logger,
    },
    { controlPlane },
  )
  await agent.run()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = exitCodeFor(error)
}
